"""The way between a soft leg and its peer, where more than the latch decides about it: ICE and DTLS.

With ICE (RFC 8445) we are the lite side: we answer checks, take packets from where valid ones came, and send
to the pair that the peer nominates and to no other. With DTLS (RFC 5763) nothing is sent or taken until the
handshake has given keys; with both, the handshake takes place on a pair that ICE has proved.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from media.control import DtlsPeer, IceLite, SdesKeys, StartRtp
from media.engine.state import State
from media.engine.syscalls import endpoint, host_and_port
from media.errors import Malformed
from media.rtp import dtls, latch, stun
from media.rtp.dtls import Handshake, Identity
from media.rtp.kept_keys import KeptKeys
from media.rtp.srtp import Keyring, Unkeyed

FIRST_OF_RTP = 128
"""The least first octet of RTP and RTCP; what is below belongs here (RFC 7983 section 7)."""
MAX_PAIRS = 16
"""Addresses of a peer that may be valid at a time: browsers have half a dozen at most."""
MAX_CHECKS = 100
"""Checks that are answered within SECOND."""
SECOND = 50
"""In ticks."""
PATIENCE = 30 * SECOND
"""How long a handshake may take, and how long what a check proved is believed (RFC 7675 section 5.1)."""

Address = tuple[str, int]


class Trust(NamedTuple):
    """Who we are to peers, and what is kept of the keys that they share with us."""

    identity: Identity
    kept: KeptKeys


class PathListener(NamedTuple):
    """Whom a path tells."""

    latched: Callable[[int], None]
    """Of the endpoint that the peer nominates."""
    keys_failed: Callable[[str, str], None]
    """Of a handshake that comes to nothing: with which host, and why."""


class Path:
    """One leg's. `keys` are what the leg seals and opens with."""

    def __init__(
        self, state: State, row: int, sock: socket.socket, trust: Trust, listener: PathListener
    ) -> None:
        self.keys = Keyring(trust.kept)
        self._stream = state.stream
        self._row = row
        self._socket = sock
        self._identity, self._kept = trust
        self._goes_on = False
        self._listener = listener
        self._ice: IceLite | None = None
        self._valid: set[Address] = set()
        self._nominated: Address | None = None
        self._ticks = self._answered = self._proved = 0
        self._peer: DtlsPeer | None = None
        self._handshake: Handshake | None = None
        self._begun = False
        self._waited = 0
        """Ticks in which the handshake could take place, and has not ended."""

    def go_on(self) -> None:
        """Another worker has carried the leg: the pair and the keys that it found are good."""
        self._goes_on = True
        if self._stream.latch[self._row] == latch.LOCKED:
            self._nominated = host_and_port(int(self._stream.remote[self._row]))

    def set(self, command: StartRtp) -> None:
        """Take what was agreed on. Raises BadKey, and then nothing has changed."""
        self._secure(command.security)
        self._goes_on = False
        if command.ice != self._ice:
            # What runs goes on by the old pair until the peer nominates another (RFC 8445 section 9).
            self._nominated = self._nominated if command.ice is not None else None
            self._valid = {self._nominated} if self._nominated is not None else set()
            self._ice = command.ice

    def resume(self) -> None:
        """The leg is carried again: a nomination outlives new descriptions."""
        if self._nominated is not None:
            self._follow(self._nominated)

    @property
    def is_checked(self) -> bool:
        """Whether ICE decides where packets come from and go to."""
        return self._ice is not None

    @property
    def ready(self) -> bool:
        """Whether anything but checks and handshakes may be sent."""
        return self._has_consent and not isinstance(self.keys.sealer, Unkeyed)

    @property
    def _has_consent(self) -> bool:
        """Under ICE, whether the peer has nominated a pair and said of late that it still listens there."""
        if self._ice is None:
            return True
        return self._nominated is not None and self._ticks - self._proved <= PATIENCE

    def admits(self, source: Address) -> bool:
        """Whether packets may come from there."""
        return self._ice is None or source in self._valid

    def take(self, datagram: bytes, source: Address) -> bool:
        """A datagram that is neither RTP nor RTCP. False for one that is refused."""
        if datagram[0] in stun.FIRST_OCTETS:
            return self._check(datagram, source)
        return datagram[0] in dtls.FIRST_OCTETS and self._shake(datagram, source)

    def tick(self) -> None:
        """Another 20 ms have passed."""
        self._ticks += 1
        if self._ticks % SECOND == 0:
            self._answered = 0
        handshake = self._handshake
        where = self._where() if handshake is not None and not handshake.is_over else None
        if handshake is None or where is None:
            return
        self._waited += 1
        self._send(handshake.again() if self._begun else handshake.begin(), where)
        self._begun = True
        if self._waited >= PATIENCE:
            handshake.give_up("the peer has not completed a handshake")
        self._look_at(handshake, where)

    def _secure(self, security: SdesKeys | DtlsPeer | None) -> None:
        if isinstance(security, DtlsPeer):
            if security != self._peer:
                self._expect(security)
            return
        if security is None:
            self.keys.go_plain()
        else:
            self.keys.use((security.suite, security.key), (security.peer_suite, security.peer_key))
        self._peer = self._handshake = None

    def _expect(self, peer: DtlsPeer) -> None:
        """Keys come from a handshake with this peer, or did so under another worker."""
        self._peer, self._begun, self._waited = peer, False, 0
        agreed = self._kept.agreed_with(peer.fingerprint) if self._goes_on else None
        if agreed is not None:
            self._handshake = None
            self.keys.use(*agreed)
            return
        self._handshake = Handshake(self._identity, peer.fingerprint, peer.role)
        self.keys.wait()

    def _check(self, datagram: bytes, source: Address) -> bool:
        ice = self._ice
        if ice is None or self._answered >= MAX_CHECKS:
            return False
        try:
            check = stun.read_check(datagram, f"{ice.local_user}:{ice.remote_user}", ice.local_password)
        except Malformed:
            return False
        if source not in self._valid and len(self._valid) == MAX_PAIRS:
            return False
        self._answered += 1
        if check.is_controlled:
            self._send([stun.conflict(check, ice.local_password)], source)
            return True
        self._valid.add(source)
        self._proved = self._ticks
        self._send([stun.answer(check, source, ice.local_password)], source)
        if check.nominates:
            self._nominated = source
            self._follow(source)
        return True

    def _shake(self, datagram: bytes, source: Address) -> bool:
        handshake = self._handshake
        if handshake is None or not self._may_shake(source):
            return False
        self._begun = True
        was_over = handshake.is_over
        self._send(handshake.receive(datagram), source)
        if not was_over:
            self._look_at(handshake, source)
        return not handshake.failed

    def _look_at(self, handshake: Handshake, where: Address) -> None:
        """Use the keys of a handshake that has just ended, or tell why there are none."""
        if handshake.keys is not None and self._peer is not None:
            self._kept.agree(self._peer.fingerprint, *handshake.keys)
            self.keys.use(*handshake.keys)
        elif handshake.failed:
            self._listener.keys_failed(where[0], handshake.failed)

    def _may_shake(self, source: Address) -> bool:
        """On a valid pair; without ICE, with the one that SDP names: a stranger's hello is not answered."""
        if self._ice is not None:
            return source in self._valid
        return source == host_and_port(int(self._stream.described[self._row]))

    def _where(self) -> Address | None:
        """Where handshakes go, if that is known."""
        return (
            self._nominated if self._ice is not None else host_and_port(int(self._stream.remote[self._row]))
        )

    def _follow(self, source: Address) -> None:
        stream, row = self._stream, self._row
        where = endpoint(*source)
        if stream.latch[row] != latch.LOCKED or stream.remote[row] != where:
            latch.follow(stream.rows, row, where)
            self._listener.latched(where)

    def _send(self, datagrams: list[bytes], where: Address) -> None:
        for datagram in datagrams:
            # What does not get through is sent again, by us or by the peer.
            with suppress(OSError):
                self._socket.sendto(datagram, where)
