"""SRTP and SRTCP (RFC 3711, RFC 7714) through libsrtp: what is sent sealed, what comes opened.

The roll-over counter and the window against replays live in the library's sessions, so a session lasts as
long as its key: a change of anything else keeps it, and no index is ever used twice under one key.
"""

from collections.abc import Callable

from pylibsrtp import Error, Policy, Session

from media.errors import Malformed, MediaError

SUITES = {
    "AES_CM_128_HMAC_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    "AES_CM_128_HMAC_SHA1_32": (Policy.SRTP_PROFILE_AES128_CM_SHA1_32, 30),
    "AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
}
"""The library's name, and octets of master key and salt, for each suite of SDP (RFC 4568, RFC 7714)."""
WINDOW = 128
"""Packets behind the newest that may still come, each once: 2.5 s of audio out of order."""


class BadKey(MediaError):
    """A key that its suite cannot use, or a suite that is not known."""


class Unauthentic(Malformed):
    """A packet that does not come from who has the key, or came before."""


class Sealer:
    """What is sent, under one key. Raises BadKey."""

    def __init__(self, suite: str, key: bytes) -> None:
        self._session = _session(suite, key, Policy.SSRC_ANY_OUTBOUND)

    def rtp(self, packet: bytes) -> bytes:
        """An SRTP packet. Raises Malformed."""
        return _run(self._session.protect, packet)

    def rtcp(self, packet: bytes) -> bytes:
        """An SRTCP packet. Raises Malformed."""
        return _run(self._session.protect_rtcp, packet)


class Opener:
    """What comes in, under one key. Raises BadKey."""

    def __init__(self, suite: str, key: bytes) -> None:
        self._session = _session(suite, key, Policy.SSRC_ANY_INBOUND)

    def rtp(self, packet: bytes) -> bytes:
        """The RTP packet inside. Raises Unauthentic, and then nothing has changed."""
        return _run(self._session.unprotect, packet)

    def rtcp(self, packet: bytes) -> bytes:
        """The RTCP packet inside. Raises Unauthentic, and then nothing has changed."""
        return _run(self._session.unprotect_rtcp, packet)


def _session(suite: str, key: bytes, direction: int) -> Session:
    if suite not in SUITES:
        raise BadKey(f"{suite!r} is no suite of SRTP that is known")
    profile, octets = SUITES[suite]
    if len(key) != octets:
        raise BadKey(f"a key for {suite} has {octets} octets, not {len(key)}")
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile)
    policy.window_size = WINDOW
    return Session(policy=policy)


def _run(function: Callable[[bytes], bytes], packet: bytes) -> bytes:
    try:
        return function(packet)
    except (Error, ValueError) as error:
        raise Unauthentic(str(error)) from None


class Keyring:
    """The sessions of one leg, each kept while its key is the same, also while the leg goes without.

    `sealer` and `opener` are None while it is plain RTP.
    """

    def __init__(self) -> None:
        self.sealer: Sealer | None = None
        self.opener: Opener | None = None
        self._sealers: dict[tuple[str, bytes], Sealer] = {}
        self._openers: dict[tuple[str, bytes], Opener] = {}

    def go_plain(self) -> None:
        """Nothing is sealed from now on."""
        self.sealer = self.opener = None

    def use(self, ours: tuple[str, bytes], theirs: tuple[str, bytes]) -> None:
        """Seal and open with these, each a suite and a key. Raises BadKey."""
        sealers = self._sealers if ours in self._sealers else {ours: Sealer(*ours)}
        openers = self._openers if theirs in self._openers else {theirs: Opener(*theirs)}
        self._sealers, self._openers = sealers, openers
        self.sealer, self.opener = sealers[ours], openers[theirs]
