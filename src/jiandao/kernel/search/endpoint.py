"""An encoder behind HTTP: a deployment's own model, asked as OpenAI's embeddings are. Off unless the settings name one.

Only texts that `releasing` has released are sent; any other text is refused before a connection is made. Nothing is
followed elsewhere, no text and no key stands in a log line, an exception or a representation.
"""

import json
import logging
import math
import ssl
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from jiandao.engines.matching.encoders import Kind, Vectors, prepared, unit
from jiandao.kernel.search.endpoint_address import Endpoint

logger = logging.getLogger("jiandao.endpoint")
TEXTS = 32  # of one request
LONGEST = 6_000  # characters of one text; the rest is not sent
TRIES = 4
FIRST_PAUSE = 1.0  # seconds; doubled after each try
LONGEST_PAUSE = 30.0
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
OF_THE_TEXTS = frozenset({400, 413, 422})
_BYTES_A_NUMBER = 40
_BYTES_BESIDE = 1 << 16


class EndpointError(Exception):
    """The endpoint cannot be used, or did not answer as it must. Says the host and what happened, no text and no key."""


class RefusedTextsError(EndpointError):
    """The endpoint takes texts, but not these: too long for its model, perhaps."""


class PublicText(str):
    """A text that may leave this machine. Made by `releasing` alone."""

    __slots__ = ()


class _TransientError(Exception):
    def __init__(self, what: str, pause: float | None = None) -> None:
        super().__init__(what)
        self.pause = pause


class EndpointEncoder:
    """Texts → vectors by `POST url {"model", "input", "encoding_format": "float"}`.

    Symmetric: the interface knows no queries and documents. A request that is refused for the moment (408, 429, 5xx, no
    connection, no answer in time) is tried four times with growing pauses, or those that the endpoint asks for.
    """

    symmetric = True

    def __init__(self, endpoint: Endpoint, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """EndpointError when the address may not be used."""
        fault = endpoint.fault()
        if fault is not None:
            raise EndpointError(f"the endpoint {endpoint.host or '(no host)'} may not be used: {_FAULTS[fault]}")
        self._endpoint = endpoint
        self._sleep = sleep
        parts = urlsplit(endpoint.url)
        self._secure, self._port, self._path = parts.scheme == "https", parts.port, parts.path or "/"

    def __repr__(self) -> str:
        return f"EndpointEncoder({self._endpoint.host}, {self._endpoint.model})"

    @property
    def name(self) -> str:
        one = self._endpoint
        return f"endpoint/{one.host}{self._path}/{one.model}/{one.dimensions}/{LONGEST}"

    @property
    def dimensions(self) -> int:
        return self._endpoint.dimensions

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        """Rows of unit length (n, d). EndpointError when a text was not released, or after the last try."""
        del kind
        if not all(isinstance(text, PublicText) for text in texts):
            raise EndpointError("a text was not released for sending, so nothing was sent")
        ready = [prepared(text)[:LONGEST] for text in texts]
        asked = [number for number, text in enumerate(ready) if any(map(str.isalnum, text))]
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float64)
        for start in range(0, len(asked), TEXTS):
            part = asked[start : start + TEXTS]
            rows[part] = self._asked([ready[number] for number in part])
        return unit(rows)

    def _asked(self, texts: list[str]) -> Vectors:
        body = {"model": self._endpoint.model, "input": texts, "encoding_format": "float"}
        sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        pause = FIRST_PAUSE
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._post(sent, _BYTES_BESIDE + len(texts) * self.dimensions * _BYTES_A_NUMBER)
            except _TransientError as error:
                what, wanted = str(error), error.pause
            else:
                return self._vectors(answer, len(texts))
            logger.debug("%s: %s (try %d of %d, %d texts)", self._endpoint.host, what, attempt, TRIES, len(texts))
            if attempt < TRIES:
                self._sleep(min(max(pause, wanted or 0.0), LONGEST_PAUSE))
                pause *= 2
        raise EndpointError(f"{self._endpoint.host}: {what}, {TRIES} times")

    def _post(self, body: bytes, most: int) -> bytes:
        """The body of a good answer. What is wrong for ever is an EndpointError, the rest a _TransientError."""
        until = time.monotonic() + self._endpoint.timeout
        connection = self._connection()
        try:
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            if self._endpoint.key:
                headers["Authorization"] = f"Bearer {self._endpoint.key}"
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
            if response.status in TRANSIENT:
                raise _TransientError(f"status {response.status}", _seconds(response.getheader("Retry-After")))
            if response.status != 200:  # a redirect, too: texts go nowhere else
                kind = RefusedTextsError if response.status in OF_THE_TEXTS else EndpointError
                raise kind(f"{self._endpoint.host}: status {response.status}, expected 200")
            return self._read(response, most, until)
        except ssl.SSLCertVerificationError:
            raise EndpointError(f"{self._endpoint.host}: its certificate is not valid") from None
        except (OSError, HTTPException) as error:
            # The chain is cut: a message of these may repeat what was sent.
            raise _TransientError(f"no answer ({type(error).__name__})") from None
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        host, timeout = self._endpoint.host, self._endpoint.timeout
        if self._secure:
            return HTTPSConnection(host, self._port, timeout=timeout, context=ssl.create_default_context())
        return HTTPConnection(host, self._port, timeout=timeout)

    def _read(self, response: HTTPResponse, most: int, until: float) -> bytes:
        found = bytearray()
        while part := response.read1(1 << 16):
            found += part
            if len(found) > most:
                raise EndpointError(f"{self._endpoint.host}: the answer is longer than {most:,} bytes")
            if time.monotonic() > until:
                raise _TransientError("the answer took too long")
        return bytes(found)

    def _vectors(self, answer: bytes, count: int) -> Vectors:
        """The vectors in the order of the texts; EndpointError when they are not as many, as long or as finite."""
        try:
            rows = json.loads(answer)["data"]
            ordered = {row["index"]: row["embedding"] for row in rows}
            found = [ordered[number] for number in range(count)]
            whole = len(rows) == count and all(
                isinstance(row, list) and len(row) == self.dimensions and all(map(_is_number, row)) for row in found
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            whole = False
        if not whole:
            raise EndpointError(
                f"{self._endpoint.host}: the answer is not {count} vectors of {self.dimensions} finite numbers"
            )
        vectors = np.array(found, dtype=np.float64)
        if not np.linalg.norm(vectors, axis=1).all():
            raise EndpointError(f"{self._endpoint.host}: a vector of the answer is all zeros")
        return unit(vectors)


_FAULTS = {
    "address": "its address is not a full one",
    "https": "it is another machine and not asked by https",
    "host": "its host is not on the list of hosts that may be asked",
    "key": "its key cannot stand in a header",
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30 and math.isfinite(value)


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 6 else None
