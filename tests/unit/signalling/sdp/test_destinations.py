"""Where a description may send us."""

import pytest

from signalling.sdp.destinations import Destinations
from signalling.sdp.negotiation import OfferAnswer, SdpError
from signalling.sdp.stream import LocalMedia

pytestmark = pytest.mark.unit

OWN = "198.51.100.1"
PEER = "203.0.113.9"
LISTED = ("192.0.2.7", "10.0.0.7", "2001:db8::7")


def sent_to(host: str, peer: str = PEER) -> str:
    rule = Destinations(lambda address: address in LISTED, peer)
    kind = "IP6" if ":" in host else "IP4"
    media = OfferAnswer()
    media.receive_offer(f"v=0\no=- 3 4 IN IP4 1.1.1.1\nc=IN {kind} {host}\nm=audio 4000 RTP/AVP 0\n".encode())
    return media.answer(LocalMedia(OWN, 7000, destinations=rule))[1].remote_host


@pytest.mark.parametrize("host", [*LISTED, PEER, "0.0.0.0", "::"])
def test_allowed_addresses_are_used_as_they_are(host: str) -> None:
    assert sent_to(host) == host


@pytest.mark.parametrize("host", ["10.1.2.3", "192.168.1.5", "100.64.0.1", "fd00::1", "::ffff:10.1.2.3"])
def test_an_address_behind_a_nat_gives_way_to_where_signalling_comes_from(host: str) -> None:
    assert sent_to(host) == PEER
    with pytest.raises(SdpError, match="not allowed"):
        sent_to(host, peer="")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", OWN],
)
def test_nobody_turns_us_against_our_own_machine(host: str) -> None:
    with pytest.raises(SdpError) as caught:
        sent_to(host)
    assert caught.value.status_code == 488


@pytest.mark.parametrize("host", ["224.0.0.1", "239.1.1.1/127", "ff02::1", "::ffff:224.0.0.1", "example.com"])
def test_groups_and_names_are_refused_whatever_the_rule(host: str) -> None:
    with pytest.raises(SdpError, match=r"multicast|numeric"):
        sent_to(host)


@pytest.mark.parametrize(
    "host", ["255.255.255.255", "240.0.0.1", "254.1.2.3", "0.0.0.1", "::ffff:255.255.255.255"]
)
def test_what_is_no_hosts_address_is_refused_even_if_it_is_listed(host: str) -> None:
    media = OfferAnswer()
    kind = "IP6" if ":" in host else "IP4"
    offer = f"v=0\no=- 3 4 IN IP4 1.1.1.1\nc=IN {kind} {host}\nm=audio 4000 RTP/AVP 0\n".encode()
    with pytest.raises(SdpError, match="no host's") as caught:
        media.receive_offer(offer)
    assert caught.value.status_code == 488


def test_the_peer_at_loopback_is_its_own_place() -> None:
    assert sent_to("127.0.0.1", peer="127.0.0.1") == "127.0.0.1"
