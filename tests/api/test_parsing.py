"""JSON as the API reads it."""

import gzip
import json

import pytest

from api.parsing import MAX_DEPTH, parsed
from api.problems import Problem
from tests.api.programs import Program
from tests.worlds import World

DEEP = MAX_DEPTH - 1


@pytest.mark.parametrize("value", [{}, [], "é\u2028", 1.5, -0.0, 10**40, None, True, {"a": [{"b": "😀"}]}, 1e300])
def test_json_is_read(value: object):
    assert parsed(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[1,]",
        b"{'a': 1}",
        b"NaN",
        b'{"a": Infinity}',
        b"[-Infinity]",
        b"1e999",
        b"[-1e999]",
        b"9" * 5_000,
        b'{"a": 1, "a": 2}',
        b'"\\u0000"',
        b'{"\\u0000": 1}',
        b'["\\ud800"]',
        b'{"a": {"\\udfff": 1}}',
        b'"a\x00b"',
        b"\xff",
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"[" * (DEEP + 2) + b"]" * (DEEP + 2),
        b"{} {}",
        b"op=due",
    ],
)
def test_what_is_no_json_is_malformed(body: bytes):
    with pytest.raises(Problem) as refused:
        parsed(body)
    assert refused.value.kind == "malformed"
    assert refused.value.sentence


def test_the_depth_is_counted_to_the_last_list():
    assert parsed(b"[" * (DEEP + 1) + b"]" * (DEEP + 1)) is not None


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"a": 1, "a": 2}', "A name stands twice in one object."),
        (b"NaN", "NaN is no number."),
        (b"1e999", "1e999 is too large a number."),
        (b"9" * 5_000, "It holds a number of too many digits."),
        (b'{"a": "\xe9"}', "It is not UTF-8 from byte 7 on."),
        (b"{\n  'a': 1}", "It is not JSON: look at line 2, column 3."),
    ],
)
def test_it_is_said_in_words_of_its_reader_what_is_wrong_and_where(body: bytes, sentence: str):
    with pytest.raises(Problem) as refused:
        parsed(body)
    assert refused.value.sentence == sentence


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "x"])
def test_a_compressed_body_is_refused_as_such(engineer: Program, world: World, encoding: str):
    body, place = gzip.compress(b'{"body": "Hello"}'), f"tickets/{world.file().reference}/comments"
    refused = engineer.ask("POST", place, body, **{"Content-Encoding": encoding})
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_media_type")
    assert "Content-Encoding" in refused.json()["detail"]
    assert engineer.ask("POST", place, {"body": "Hello"}, **{"Content-Encoding": "identity"}).status_code == 201
