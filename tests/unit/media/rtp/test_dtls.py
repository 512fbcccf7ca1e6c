"""Handshakes for SRTP: keys that fit each other, fingerprints that decide, datagrams that get through."""

import pytest

from media.rtp.dtls import MAX_DATAGRAM, Handshake, Identity, datagrams
from media.rtp.srtp import Opener, Sealer

pytestmark = pytest.mark.unit

OURS, THEIRS = Identity(), Identity()
PACKET = b"\x80\x00" + bytes(10) + b"voice"


def pair(expected: str = THEIRS.fingerprint) -> tuple[Handshake, Handshake]:
    client = Handshake(OURS, expected, "client")
    return client, Handshake(THEIRS, OURS.fingerprint, "server")


def talk(client: Handshake, server: Handshake) -> None:
    """Carry what each says to the other until nobody says anything."""
    flight = client.begin()
    sides = [server, client]
    while flight:
        assert all(len(datagram) <= MAX_DATAGRAM for datagram in flight)
        flight = [reply for datagram in flight for reply in sides[0].receive(datagram)]
        sides.reverse()


def test_both_sides_have_keys_that_fit() -> None:
    client, server = pair()
    talk(client, server)
    assert client.keys is not None
    assert server.keys is not None
    assert client.keys == server.keys[::-1]
    for ours, theirs in (client.keys, server.keys):
        assert ours != theirs
    assert Opener(*server.keys[1]).rtp(Sealer(*client.keys[0]).rtp(PACKET)) == PACKET


def test_another_certificate_gives_no_keys() -> None:
    client, server = pair(expected=OURS.fingerprint)
    talk(client, server)
    assert client.keys is None
    assert "certificate" in client.failed


@pytest.mark.parametrize("junk", [b"\x16" * 40, b"\x17\xfe\xfd" + bytes(20), b"\x16\xfe\xff" + bytes(10)])
def test_junk_changes_nothing(junk: bytes) -> None:
    client, server = pair()
    server.receive(junk)
    assert not server.failed
    talk(client, server)
    keys = client.keys
    client.receive(junk)
    assert keys is not None
    assert client.keys == keys


def test_a_strangers_hello_does_not_undo_keys() -> None:
    client, server = pair()
    talk(client, server)
    keys = server.keys
    (hello,) = Handshake(Identity(), THEIRS.fingerprint, "client").begin()
    server.receive(hello)
    assert server.keys == keys


def test_records_stay_whole() -> None:
    record = b"\x16\xfe\xfd" + bytes(8) + (500).to_bytes(2) + bytes(500)
    cut = datagrams(record * 5)
    assert [len(datagram) // len(record) for datagram in cut] == [2, 2, 1]
    assert b"".join(cut) == record * 5
