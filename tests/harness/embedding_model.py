"""A model of embeddings on loopback that keeps what arrived."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def vector(text):
    return [3.0, float(len(text)), -1.5]


def good(texts, vector=vector):
    rows = [{"index": number, "embedding": vector(text)} for number, text in enumerate(texts)]
    return {"data": rows[::-1]}  # the order is that of the indexes


class Model:
    """A server on loopback that keeps what arrived; `answers` are given in turn before it behaves."""

    def __init__(self, vector=vector):
        self.arrived, self.answers, self.vector = [], [], vector
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.arrived.append((self.path, dict(self.headers), json.loads(body)))
                status, headers, answer = outer.answers.pop(0) if outer.answers else (200, {}, None)
                if answer is None:
                    answer = good(outer.arrived[-1][2]["input"], outer.vector)
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/embeddings"

    def texts(self):
        return [text for _, _, body in self.arrived for text in body["input"]]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
