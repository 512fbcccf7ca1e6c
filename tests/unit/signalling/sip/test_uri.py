"""URIs: reading, writing and the comparison of RFC 3261 section 19.1.4."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sip.errors import RemoteSipError
from signalling.sip.grammar import MAX_PARAMS, Params
from signalling.sip.uri import MAX_URI, OtherUri, SipUri, parse_uri

pytestmark = pytest.mark.unit

NAMES = st.text("abcdefghijklmnopqrstuvwxyz-_%;:@= é\x00", min_size=1, max_size=8)
ANY_TEXT = st.binary(min_size=1, max_size=12).map(lambda octets: octets.decode("utf-8", "surrogateescape"))
HOSTS = st.sampled_from(["example.com", "my_pbx", "192.0.2.1", "2001:db8::1"])
URIS = st.builds(
    SipUri,
    scheme=st.sampled_from(["sip", "sips"]),
    user=st.none() | ANY_TEXT,
    host=HOSTS,
    port=st.none() | st.integers(1, 65535),
    params=st.dictionaries(NAMES, st.none() | ANY_TEXT, max_size=3).map(Params),
    headers=st.lists(st.tuples(NAMES, ANY_TEXT), max_size=3).map(tuple),
)


def test_all_parts() -> None:
    assert SipUri.parse(
        "sips:ann:pa%20ss@Example.com:5061;transport=TCP;lr?Subject=a%26b&Priority=urgent"
    ) == SipUri(
        scheme="sips",
        user="ann",
        host="Example.com",
        port=5061,
        params=Params({"transport": "TCP", "lr": None}),
        headers=(("Subject", "a&b"), ("Priority", "urgent")),
        password="pa ss",
    )


@given(URIS)
def test_any_uri_survives_a_round_trip(uri: SipUri) -> None:
    assert SipUri.parse(str(uri)) == uri


@given(URIS)
def test_a_written_uri_is_safe_inside_a_header(uri: SipUri) -> None:
    assert not set(str(uri)) & set('<>" \r\n\t\x00')
    assert str(uri).isascii()


@given(st.text(max_size=60).map("sip:".__add__) | st.text(max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        uri = parse_uri(text)
    except RemoteSipError:
        return
    assert parse_uri(str(uri)) == uri


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("sip:*97#@h", "*97#"),
        ("sip:%2A97%23@h", "*97#"),
        ("sip:sips%3Auser%40example.com@h", "sips:user@example.com"),
        ("sip:+1201;phone-context=x?y@h", "+1201;phone-context=x?y"),
        ("sip:null-%00-null@h", "null-\x00-null"),
        ("sip:100%@h", "100%"),
    ],
)
def test_users(text: str, user: str) -> None:
    uri = SipUri.parse(text)
    assert uri.user == user
    assert SipUri.parse(str(uri)) == uri


@pytest.mark.parametrize("host", ["[::1]", "[2001:db8::9]:5070", "my_pbx:5070", "example.com.", "192.0.2.1"])
def test_hosts_are_written_as_they_came(host: str) -> None:
    assert str(SipUri.parse(f"sip:{host}")) == f"sip:{host}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip",
        "sip:",
        "sip:@h",
        "sip:a@",
        "sip:a@b@c",
        "sip:h:",
        "sip:h:0",
        "sip:h:65536",
        "sip:h:+5060",
        "sip:h:٥٠٦٠",
        "sip:h;=x",
        "sip:[::1",
        "sip:[::1]x",
        "sip:[fe80::1%eth0]",
        "sip:[1.2.3.4]",
        "sip:a b@h",
        "sip:a@h>",
        'sip:"a"@h',
        "sip:a@h\r\nX: y",
        "sip:hö",
        "sip:" + "a" * 256,
        "1sip:h",
        ":h",
        "*",
    ],
)
def test_bad_uris(text: str) -> None:
    with pytest.raises(RemoteSipError):
        parse_uri(text)


def test_limits() -> None:
    most = "sip:h" + "".join(f";p{index}" for index in range(MAX_PARAMS))
    assert len(SipUri.parse(most).params) == MAX_PARAMS
    for text in (
        most + ";one-more",
        "sip:h?" + "&".join(["a=b"] * (MAX_PARAMS + 1)),
        "sip:h;" + "a" * MAX_URI,
    ):
        with pytest.raises(RemoteSipError):
            SipUri.parse(text)


def test_another_scheme_is_kept_but_is_no_sip_uri() -> None:
    uri = parse_uri("TEL:+12015550123;ext=1")
    assert isinstance(uri, OtherUri)
    assert (uri.scheme, str(uri)) == ("tel", "TEL:+12015550123;ext=1")
    with pytest.raises(RemoteSipError) as caught:
        SipUri.parse("tel:+1")
    assert caught.value.status_code == 416


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        ("sip:alice@atlanta.com?subject=a&priority=b", "sip:alice@atlanta.com?priority=b&subject=a"),
    ],
)
def test_equivalent(one: str, other: str) -> None:
    assert SipUri.parse(one).is_equivalent(SipUri.parse(other))
    assert SipUri.parse(other).is_equivalent(SipUri.parse(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SIP:ALICE@AtLanTa.CoM", "sip:alice@AtLanTa.CoM"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;maddr=192.0.2.1"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:carol@chicago.com", "tel:1"),
    ],
)
def test_not_equivalent(one: str, other: str) -> None:
    assert not SipUri.parse(one).is_equivalent(parse_uri(other))
