"""What a word on the command line calls."""

import pytest

from gateway.cli.call import endpoint

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("word", "kind", "key"),
    [
        ("447700900001", "phone", "number"),
        ("+447700900001", "phone", "number"),
        ("sip:bob@127.0.0.1", "sip", "uri"),
        ("ws://127.0.0.1:1/a", "websocket", "uri"),
    ],
)
def test_a_word_becomes_an_endpoint(word: str, kind: str, key: str) -> None:
    made = endpoint(word)
    assert (made["type"], made[key]) == (kind, word.removeprefix("+"))
