"""Where customers' URLs lead."""

import pytest

from gateway.webhooks.failures import InvalidUrl
from gateway.webhooks.targets import MAX_URL, Target, parse_target

pytestmark = pytest.mark.unit

ALL = frozenset({"http", "https", "ws", "wss", "sip", "sips"})


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://shop.example/answer", "shop.example", 80),
        ("HTTPS://Shop.Example", "shop.example", 443),
        ("https://shop.example:8443/a?b=c", "shop.example", 8443),
        ("ws://shop.example/socket", "shop.example", 80),
        ("wss://shop.example/socket", "shop.example", 443),
        ("http://[2606:4700::1111]:8080/", "2606:4700::1111", 8080),
        ("sip:ann@pbx.example", "pbx.example", 5060),
        ("sip:+4477:secret@pbx.example:5080;transport=tcp?X-A=b", "pbx.example", 5080),
        ("sips:ann@[2606:4700::1111]", "2606:4700::1111", 5061),
    ],
)
def test_host_and_port(url: str, host: str, port: int) -> None:
    assert parse_target(url, ALL) == Target(host, port)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "//shop.example/",
        "http://",
        "http:///path",
        "http://:80/",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "gopher://shop.example/",
        "http://user@shop.example/",
        "http://user:secret@shop.example/",
        "http://shop.example@127.0.0.1/",
        "http://shop.example:0/",
        "http://shop.example:65536/",
        "http://shop.example:port/",
        "http://shop.example/a b",
        "http://shop.example\\@127.0.0.1/",
        "http://shop.example/\r\nX-Injected: 1",
        "http://shop.example/\x00",
        "http://[::1/",
        "http://shop.example/" + "a" * MAX_URL,
        "sip:",
        "sip:ann@",
        "sip:ann@pbx.example:99999",
        "sip:ann@pbx.example:0",
    ],
)
def test_leads_nowhere(url: str) -> None:
    with pytest.raises(InvalidUrl):
        parse_target(url, ALL)


def test_only_the_schemes_that_were_asked_for() -> None:
    with pytest.raises(InvalidUrl):
        parse_target("ws://shop.example/", {"http", "https"})
