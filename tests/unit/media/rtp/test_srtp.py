"""SRTP: the vectors of RFC 3711, and what must not get through."""

import struct

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from media.rtp.srtp import MAX_SESSIONS, SUITES, WINDOW, BadKey, Keyring, Opener, Sealer, Unauthentic

pytestmark = pytest.mark.unit

CM = "AES_CM_128_HMAC_SHA1_80"
MASTER_KEY = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139")
MASTER_SALT = bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")
"""RFC 3711 section B.3, with what the RFC derives from them:"""
CIPHER_KEY = bytes.fromhex("C61E7A93744F39EE10734AFE3FF7A087")
CIPHER_SALT = bytes.fromhex("30CBBC08863D8C85D49DB34A9AE1")
AUTH_KEY = bytes.fromhex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")


def packet(sequence: int, ssrc: int = 0xCAFEBABE) -> bytes:
    return struct.pack("!BBHII", 0x80, 9, sequence & 0xFFFF, sequence * 160, ssrc) + b"sound" * 32


def key(suite: str, fill: int = 7) -> bytes:
    return bytes([fill]) * SUITES[suite][1]


def test_a_packet_is_sealed_with_the_keys_that_the_rfc_derives() -> None:
    """Sections 4.1.1 and 4.2, reckoned here from the vectors of section B.3."""
    plain = packet(0x1234)
    ssrc, index = 0xCAFEBABE, 0x1234
    iv = int.from_bytes(CIPHER_SALT, "big") << 16 ^ ssrc << 64 ^ index << 16
    counter = Cipher(algorithms.AES(CIPHER_KEY), modes.CTR(iv.to_bytes(16, "big"))).encryptor()
    body = plain[:12] + counter.update(plain[12:])
    tag = hmac.HMAC(AUTH_KEY, hashes.SHA1())
    tag.update(body + bytes(4))
    assert Sealer(CM, MASTER_KEY + MASTER_SALT).rtp(plain) == body + tag.finalize()[:10]


@pytest.mark.parametrize("suite", SUITES)
def test_what_is_sealed_can_be_opened_by_the_key_alone(suite: str) -> None:
    sealer, opener = Sealer(suite, key(suite)), Opener(suite, key(suite))
    report = struct.pack("!BBHI", 0x80, 201, 1, 7)
    assert opener.rtp(sealer.rtp(packet(1))) == packet(1)
    assert opener.rtcp(sealer.rtcp(report)) == report
    with pytest.raises(Unauthentic):
        Opener(suite, key(suite, 8)).rtp(sealer.rtp(packet(2)))
    with pytest.raises(Unauthentic):
        Opener(suite, key(suite, 8)).rtcp(sealer.rtcp(report))


@pytest.mark.parametrize("suite", SUITES)
def test_no_packet_comes_twice_and_none_too_late(suite: str) -> None:
    sealer, opener = Sealer(suite, key(suite)), Opener(suite, key(suite))
    sealed = [sealer.rtp(packet(number)) for number in range(WINDOW + 2)]
    late, in_time, newest = sealed[0], sealed[2], sealed[-1]
    opener.rtp(newest)
    assert opener.rtp(in_time) == packet(2)
    for refused in (newest, in_time, late):
        with pytest.raises(Unauthentic):
            opener.rtp(refused)


def test_garbage_changes_nothing() -> None:
    sealer, opener = Sealer(CM, key(CM)), Opener(CM, key(CM))
    opener.rtp(sealer.rtp(packet(1)))
    for length in range(200):
        with pytest.raises(Unauthentic):
            opener.rtp(b"\x80\x09" + bytes([length]) * length)
    with pytest.raises(Unauthentic):
        opener.rtp(bytes(3000))
    assert opener.rtp(sealer.rtp(packet(2))) == packet(2)


def test_sequence_numbers_roll_over() -> None:
    sealer, opener = Sealer(CM, key(CM)), Opener(CM, key(CM))
    for number in range(65_500, 65_600):
        assert opener.rtp(sealer.rtp(packet(number))) == packet(number)


def test_a_key_that_stays_keeps_its_sessions() -> None:
    keys, mine, theirs = Keyring(), (CM, key(CM, 1)), (CM, key(CM, 2))
    keys.use(mine, theirs)
    sealer, opener = keys.sealer, keys.opener
    keys.go_plain()
    assert (keys.sealer, keys.opener) == (None, None)
    keys.use(mine, theirs)
    assert (keys.sealer, keys.opener) == (sealer, opener)
    keys.use(mine, (CM, key(CM, 3)))
    assert keys.sealer is sealer
    assert keys.opener is not opener


@pytest.mark.parametrize(
    ("suite", "octets", "reason"),
    [
        ("AES_CM_128_HMAC_SHA1_80", 28, "a key for AES_CM_128_HMAC_SHA1_80 has 30 octets, not 28"),
        ("AEAD_AES_128_GCM", 30, "a key for AEAD_AES_128_GCM has 28 octets, not 30"),
        ("F8_128_HMAC_SHA1_80", 30, "'F8_128_HMAC_SHA1_80' is no suite of SRTP that is known"),
    ],
)
def test_bad_keys_are_named(suite: str, octets: int, reason: str) -> None:
    keys = Keyring()
    with pytest.raises(BadKey, match=reason):
        keys.use((CM, key(CM)), (suite, bytes(octets)))
    assert keys.sealer is None


def test_a_key_that_comes_back_goes_on_where_it_was() -> None:
    keys, first, other, theirs = Keyring(), (CM, key(CM, 1)), (CM, key(CM, 2)), (CM, key(CM, 3))
    keys.use(first, theirs)
    session = keys.sealer
    keys.use(other, theirs)
    keys.use(first, theirs)
    assert keys.sealer is session
    for number in range(MAX_SESSIONS):
        keys.use((CM, key(CM, 10 + number)), theirs)
    keys.use(first, theirs)
    assert keys.sealer is not session


def test_nothing_passes_before_there_are_keys() -> None:
    keys = Keyring()
    keys.wait()
    assert keys.sealer is not None
    assert keys.opener is not None
    for use in (keys.sealer.rtp, keys.sealer.rtcp, keys.opener.rtp, keys.opener.rtcp):
        with pytest.raises(Unauthentic):
            use(packet(1))
