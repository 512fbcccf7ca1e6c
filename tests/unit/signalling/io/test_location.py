"""RFC 3263's choices, with DNS as a table and chance in the test's hands."""

import random
from collections import Counter

import pytest

from signalling.io.resolution import location
from signalling.io.resolution.location import Place, Target, locate, ordered
from signalling.io.resolution.records import Host, Naptr, Question, Records, Srv
from signalling.sip.uri import SipUri

pytestmark = pytest.mark.unit

Zone = dict[tuple[str, str], Records]

NAPTRS: Records = (
    Naptr(50, 50, "s", "SIP+D2U", "_sip._udp.example.com"),
    Naptr(10, 90, "s", "SIPS+D2T", "_sips._tcp.example.com"),
    Naptr(10, 20, "S", "sip+d2t", "_sip._tcp.example.com"),
    Naptr(5, 5, "u", "E2U+sip", ""),
    Naptr(1, 1, "s", "SIP+D2S", "_sip._sctp.example.com"),
)
ZONE: Zone = {
    ("_sip._udp.example.com", "SRV"): (Srv(1, 0, 5060, "a.example.com"),),
    ("_sip._tcp.example.com", "SRV"): (Srv(2, 0, 5062, "b.example.com"), Srv(1, 0, 5061, "a.example.com")),
    ("_sips._tcp.example.com", "SRV"): (Srv(1, 0, 5081, "b.example.com"),),
    ("a.example.com", "A"): (Host("192.0.2.1"),),
    ("b.example.com", "A"): (Host("192.0.2.2"), Host("192.0.2.3")),
    ("b.example.com", "AAAA"): (Host("2001:db8::2"),),
    ("plain.example", "A"): (Host("192.0.2.9"),),
}


def find(
    place: Place, zone: Zone, families: frozenset[int] = frozenset({4})
) -> tuple[list[tuple[str, str, int]], list[Question]]:
    """The targets without their name, and all that was asked."""
    asked: list[Question] = []
    asking = locate(place, families, lambda: 0.0)
    try:
        questions = next(asking)
        while True:
            asked += questions
            questions = asking.send(tuple(zone.get((one.name, one.kind), ()) for one in questions))
    except StopIteration as found:
        targets: tuple[Target, ...] = found.value
    assert {target.name for target in targets} <= {place.host}
    return [(target.transport, target.address, target.port) for target in targets], asked


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("sip:a@192.0.2.7", ("udp", "192.0.2.7", 5060)),
        ("sip:a@192.0.2.7:5070;transport=tcp", ("tcp", "192.0.2.7", 5070)),
        ("sips:a@192.0.2.7", ("tls", "192.0.2.7", 5061)),
        ("sip:a@example.com;maddr=192.0.2.8", ("udp", "192.0.2.8", 5060)),
    ],
)
def test_an_address_is_asked_of_nobody(uri: str, target: tuple[str, str, int]) -> None:
    targets, asked = find(Place.of(SipUri.parse(uri)), ZONE)
    assert (targets, asked) == ([target], [])


def test_an_ipv6_address_is_none_where_we_have_only_ipv4() -> None:
    assert find(Place("2001:db8::1"), ZONE)[0] == []
    assert find(Place("2001:db8::1"), ZONE, frozenset({6}))[0] == [("udp", "2001:db8::1", 5060)]


def test_a_port_leaves_only_the_address_open() -> None:
    targets, asked = find(Place("plain.example", 5090), ZONE)
    assert targets == [("udp", "192.0.2.9", 5090)]
    assert [one.kind for one in asked] == ["A"]


def test_the_domain_says_which_transport_it_prefers() -> None:
    zone = {**ZONE, ("example.com", "NAPTR"): NAPTRS}
    targets, _ = find(Place("example.com"), zone)
    assert targets == [
        ("tcp", "192.0.2.1", 5061),
        ("tcp", "192.0.2.2", 5062),
        ("tcp", "192.0.2.3", 5062),
        ("tls", "192.0.2.2", 5081),
        ("tls", "192.0.2.3", 5081),
        ("udp", "192.0.2.1", 5060),
    ]


def test_sips_takes_tls_alone() -> None:
    zone = {**ZONE, ("example.com", "NAPTR"): NAPTRS}
    for known in (zone, ZONE):
        targets, _ = find(Place("example.com", secure=True), known)
        assert targets == [("tls", "192.0.2.2", 5081), ("tls", "192.0.2.3", 5081)]


def test_without_naptr_every_transport_is_asked_for_and_udp_comes_first() -> None:
    targets, asked = find(Place("example.com"), ZONE)
    assert [target[0] for target in targets] == ["udp", "tcp", "tcp", "tcp", "tls", "tls"]
    assert [one.name for one in asked if one.kind == "SRV"] == [
        "_sip._udp.example.com",
        "_sip._tcp.example.com",
        "_sips._tcp.example.com",
    ]


def test_a_transport_that_is_asked_for_is_the_only_one() -> None:
    targets, asked = find(Place("example.com", transport="tcp"), ZONE)
    assert targets[0] == ("tcp", "192.0.2.1", 5061)
    assert {target[0] for target in targets} == {"tcp"}
    assert "NAPTR" not in {one.kind for one in asked}


def test_a_domain_without_srv_is_its_own_server() -> None:
    assert find(Place("plain.example"), ZONE)[0] == [("udp", "192.0.2.9", 5060)]
    assert find(Place("plain.example", transport="tls"), ZONE)[0] == [("tls", "192.0.2.9", 5061)]


def test_a_dot_says_that_there_is_no_server_of_that_kind() -> None:
    zone: Zone = {("_sip._udp.plain.example", "SRV"): (Srv(0, 0, 0, "."),), **ZONE}
    assert find(Place("nobody.example"), zone)[0] == []


def test_both_families_are_tried_where_we_have_both() -> None:
    targets, _ = find(Place("example.com", transport="tls"), ZONE, frozenset({4, 6}))
    assert [address for _, address, _ in targets] == ["192.0.2.2", "192.0.2.3", "2001:db8::2"]


def test_targets_are_bounded() -> None:
    many = tuple(Host(f"192.0.2.{index}") for index in range(200))
    assert len(find(Place("plain.example"), {("plain.example", "A"): many})[0]) == location.MAX_TARGETS


def test_weights_share_the_calls() -> None:
    chance = random.Random(5)
    servers = [
        Srv(1, 60, 1, "a"),
        Srv(1, 30, 2, "b"),
        Srv(1, 10, 3, "c"),
        Srv(1, 0, 4, "d"),
        Srv(0, 1, 5, "e"),
    ]
    firsts: Counter[str] = Counter()
    for _ in range(3000):
        order = ordered(servers, chance.random)
        assert order[0].target == "e"
        assert len(order) == len(set(order)) == 5
        firsts[order[1].target] += 1
    assert [round(firsts[name] / 300) for name in "abcd"] == [6, 3, 1, 0]
