"""SRTP and SRTCP (RFC 3711, RFC 7714) through libsrtp: what is sent sealed, what comes opened.

The roll-over counter and the window against replays live in the library's sessions, so a session lasts
longer than the use of its key; how far it is used is marked (`media.rtp.kept_keys`), so that it even outlives
the process, and no index is ever used twice under one key.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from pylibsrtp import Error, Policy, Session

from media.errors import Malformed, MediaError
from media.rtp import kept_keys, sealing
from media.rtp.kept_keys import KeptKeys, Marks, Words
from media.rtp.packet import FIXED
from media.rtp.sealing import PLAIN

SUITES = {
    "AES_CM_128_HMAC_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30, 10),
    "AES_CM_128_HMAC_SHA1_32": (Policy.SRTP_PROFILE_AES128_CM_SHA1_32, 30, 10),
    "AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28, 0),
}
"""For each suite of SDP (RFC 4568, RFC 7714) the library's name, and octets: of master key and salt, and of
the tag that follows the index of SRTCP (RFC 3711 section 3.4, RFC 7714 section 9.2)."""
WINDOW = 128
"""Packets behind the newest that may still come, each once: 2.5 s of audio out of order."""
MAX_SEALED = 1500 + sealing.SEAL
"""Octets of a packet, and what its seal may need: no Ethernet frame carries more."""
MAX_SESSIONS = kept_keys.MAX_KEYS


class BadKey(MediaError):
    """A key that its suite cannot use, or a suite that is not known."""


class Unauthentic(Malformed):
    """A packet that does not come from who has the key, or came before."""


class _Work:
    """Where packets are sealed or opened in place."""

    def __init__(self) -> None:
        self._memory = bytearray(MAX_SEALED)
        self._octets = np.frombuffer(self._memory, np.uint8)
        self._size = np.zeros(1, np.int32)

    def do(self, change: Callable[..., int], session: int, mark: Words, packet: bytes) -> bytes:
        """What a kernel of `media.rtp.sealing` makes of a packet. Raises Unauthentic where it refuses."""
        length = len(packet)
        if not FIXED <= length <= MAX_SEALED - sealing.SEAL:
            raise Unauthentic(f"no packet for SRTP has {length} octets")
        self._memory[:length] = packet
        length = change(session, mark, self._octets, length, self._size)
        if length == sealing.REFUSED:
            raise Unauthentic("libsrtp refuses it")
        return bytes(self._memory[:length])


class Sealer:
    """What is sent, under one key, from where its mark is. Raises BadKey."""

    def __init__(self, suite: str, key: bytes, mark: Words | None = None) -> None:
        self._session = _session(suite, key, Policy.SSRC_ANY_OUTBOUND)
        self.address = sealing.address(self._session)
        """Of the session for RTP, for as long as this lives: RTCP has one of its own, for another thread."""
        self._reports = _session(suite, key, Policy.SSRC_ANY_OUTBOUND)
        self._mark = Marks().of(suite, key) if mark is None else mark
        self._work = _Work()
        for packet in kept_keys.winding(self._mark):
            self._session.protect(packet)
        for packet in kept_keys.winding_reports(self._mark):
            self._reports.protect_rtcp(packet)

    def rtp(self, packet: bytes) -> bytes:
        """An SRTP packet. Raises Malformed."""
        return self._work.do(sealing.seal_marked, self.address, self._mark, packet)

    def rtcp(self, packet: bytes) -> bytes:
        """An SRTCP packet. Raises Malformed."""
        ssrc = _reporter(packet)
        index = kept_keys.next_report(self._mark, ssrc)
        if index == kept_keys.FULL:
            raise Unauthentic("there are too many streams under the key")
        kept_keys.note_report(self._mark, ssrc, index)
        return _run(self._reports.protect_rtcp, packet)


class Opener:
    """What comes in, under one key, from where its mark is. Raises BadKey."""

    def __init__(self, suite: str, key: bytes, mark: Words | None = None) -> None:
        self._session = _session(suite, key, Policy.SSRC_ANY_INBOUND)
        self.address = sealing.address(self._session)
        """As a Sealer's."""
        self._reports = _session(suite, key, Policy.SSRC_ANY_INBOUND)
        self._mark = Marks().of(suite, key) if mark is None else mark
        self._tag = SUITES[suite][2]
        self._work = _Work()
        twin = _session(suite, key, Policy.SSRC_ANY_OUTBOUND)
        # Which of the last packets had come, nobody knows: from a window ahead, all of them are too old. That
        # costs the one packet that is wound to, two and a half seconds from now.
        for packet in kept_keys.winding(self._mark, WINDOW):
            self._session.unprotect(twin.protect(packet))

    def rtp(self, packet: bytes) -> bytes:
        """The RTP packet inside. Raises Unauthentic, and then nothing has changed."""
        return self._work.do(sealing.open_marked, self.address, self._mark, packet)

    def rtcp(self, packet: bytes) -> bytes:
        """The RTCP packet inside. Raises Unauthentic, and then nothing has changed.

        An earlier report than one that has come is refused: it is out of date, or a replay. Unlike RTP's,
        the index of SRTCP is in the packet, so there is nothing to be wound.
        """
        ssrc, index = _reporter(packet), self._index(packet)
        if not 0 <= kept_keys.next_report(self._mark, ssrc) <= index:
            raise Unauthentic("a later report has come, or there are too many streams under the key")
        plain = _run(self._reports.unprotect_rtcp, packet)
        kept_keys.note_report(self._mark, ssrc, index)
        return plain

    def _index(self, packet: bytes) -> int:
        end = len(packet) - self._tag
        return int.from_bytes(packet[max(end - 4, 0) : max(end, 0)], "big") & 0x7FFFFFFF


def _check(suite: str, key: bytes) -> None:
    if suite not in SUITES:
        raise BadKey(f"{suite!r} is no suite of SRTP that is known")
    _, octets, _ = SUITES[suite]
    if len(key) != octets:
        raise BadKey(f"a key for {suite} has {octets} octets, not {len(key)}")


def _session(suite: str, key: bytes, direction: int) -> Session:
    _check(suite, key)
    profile, _, _ = SUITES[suite]
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile)
    policy.window_size = WINDOW
    return Session(policy=policy)


def _reporter(packet: bytes) -> int:
    """The SSRC of an RTCP packet, which is never encrypted."""
    return int.from_bytes(packet[4:8], "big")


def _run(function: Callable[[bytes], bytes], packet: bytes) -> bytes:
    try:
        return function(packet)
    except (Error, ValueError) as error:
        raise Unauthentic(str(error)) from None


class Unkeyed:
    """Stands in for a session whose keys are still being agreed on: nothing is sealed, nothing opened."""

    address = sealing.KEYLESS

    def rtp(self, _packet: bytes) -> bytes:
        """Raise Unauthentic."""
        raise Unauthentic("there is no key yet")

    rtcp = rtp


class Keyring:
    """The sessions of one leg, each kept beyond its use: a key that comes back goes on where it was.

    `sealer` and `opener` are None while it is plain RTP.
    """

    def __init__(self, kept: KeptKeys | None = None) -> None:
        self._kept = kept or KeptKeys()
        self.sealer: Sealer | Unkeyed | None = None
        self.opener: Opener | Unkeyed | None = None
        self._sealers: dict[tuple[str, bytes], Sealer] = {}
        self._openers: dict[tuple[str, bytes], Opener] = {}
        self._places = (0, 0)

    @property
    def words(self) -> tuple[int, int, int, int]:
        """What the engine has to know: the sessions that seal and open, and their marks."""
        sealer = PLAIN if self.sealer is None else self.sealer.address
        opener = PLAIN if self.opener is None else self.opener.address
        return sealer, opener, *self._places

    def go_plain(self) -> None:
        """Nothing is sealed from now on."""
        self.sealer = self.opener = None

    def wait(self) -> None:
        """Neither send nor take anything until there are keys."""
        self.sealer = self.opener = Unkeyed()

    def use(self, ours: tuple[str, bytes], theirs: tuple[str, bytes]) -> None:
        """Seal and open with these, each a suite and a key. Raises BadKey, and then nothing has changed."""
        for suite, key in (ours, theirs):
            _check(suite, key)
        # Also for sessions that are there: marks go when it has been longest that they were asked for.
        marks = self._kept.sealing.of(*ours), self._kept.opening.of(*theirs)
        sealer = self._sealers.get(ours) or Sealer(*ours, marks[0])
        opener = self._openers.get(theirs) or Opener(*theirs, marks[1])
        self._places = self._kept.sealing.place(*ours), self._kept.opening.place(*theirs)
        _keep(self._sealers, ours, sealer)
        _keep(self._openers, theirs, opener)
        self.sealer, self.opener = sealer, opener


S = TypeVar("S", Sealer, Opener)


def _keep(sessions: dict[tuple[str, bytes], S], key: tuple[str, bytes], session: S) -> None:
    """As the newest of MAX_SESSIONS."""
    sessions.pop(key, None)
    sessions[key] = session
    if len(sessions) > MAX_SESSIONS:
        del sessions[next(iter(sessions))]
