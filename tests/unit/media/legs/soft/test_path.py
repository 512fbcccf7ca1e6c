"""Who may speak to a leg, and where it speaks to, under ICE and DTLS: no stranger changes anything."""

import socket
from typing import cast

import pytest
from aioice import stun as judge

from media.control import DtlsPeer, IceLite, SdesKeys, StartRtp
from media.engine.memory import make_state
from media.engine.syscalls import endpoint
from media.legs.soft.path import MAX_CHECKS, MAX_PAIRS, PATIENCE, SECOND, Path, PathListener, Trust
from media.rtp import latch
from media.rtp.dtls import Handshake, Identity
from media.rtp.kept_keys import KeptKeys
from media.rtp.srtp import Unkeyed

pytestmark = pytest.mark.unit

PEER, STRANGER = ("192.0.2.1", 4000), ("203.0.113.9", 666)
ICE = IceLite(local_user="ours", local_password="p" * 24, remote_user="theirs", remote_password="q" * 24)
WORKER, CALLER, ALIEN = Identity(), Identity(), Identity()
DTLS = DtlsPeer(fingerprint=CALLER.fingerprint, role="client")


class Wire:
    """Stands in for the leg's socket."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, tuple[str, int]]] = []

    def sendto(self, data: bytes, where: tuple[str, int]) -> None:
        self.sent.append((data, where))

    def taken(self) -> list[tuple[bytes, tuple[str, int]]]:
        taken, self.sent = self.sent, []
        return taken


class Leg:
    """A path, and what it does."""

    def __init__(self, ice: IceLite | None = None, security: DtlsPeer | SdesKeys | None = None) -> None:
        self.wire = Wire()
        self.latched: list[int] = []
        self.failures: list[tuple[str, str]] = []
        self.state = make_state(1, 1, 1)
        self.kept = KeptKeys()
        listener = PathListener(self.latched.append, lambda *failure: self.failures.append(failure))
        self.path = Path(self.state, 0, cast("socket.socket", self.wire), Trust(WORKER, self.kept), listener)
        latch.describe(self.state.stream, 0, endpoint(*PEER))
        self.start(ice, security)

    def start(self, ice: IceLite | None, security: DtlsPeer | SdesKeys | None) -> None:
        command = StartRtp(
            leg="a",
            remote_host=PEER[0],
            remote_port=PEER[1],
            codec="opus",
            payload_type=96,
            dtmf_payload_type=None,
            rtcp_mux=True,
            ice=ice,
            security=security,
        )
        self.path.set(command)
        self.path.resume()

    def run(self, ticks: int) -> None:
        """Let time pass."""
        for _ in range(ticks):
            self.path.tick()

    def shake(self, caller: Handshake, source: tuple[str, int] = PEER) -> None:
        """Carry a handshake until it is silent."""
        self.path.tick()
        while flight := self.wire.taken():
            for data, _ in flight:
                for reply in caller.receive(data):
                    self.path.take(reply, source)


def check(
    password: str = ICE.local_password, *, nominates: bool = True, role: str = "ICE-CONTROLLING"
) -> bytes:
    message = judge.Message(judge.Method.BINDING, judge.Class.REQUEST)
    message.attributes["USERNAME"] = "ours:theirs"
    message.attributes[role] = 7
    if nominates:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


def test_a_valid_check_opens_and_a_nomination_directs() -> None:
    leg = Leg(ICE)
    assert (leg.path.admits(PEER), leg.path.ready) == (False, False)
    assert leg.path.take(check(nominates=False), STRANGER)
    assert (leg.path.admits(STRANGER), leg.path.ready, leg.latched) == (True, False, [])
    assert leg.path.take(check(), PEER)
    assert (leg.path.admits(PEER), leg.path.ready, leg.latched) == (True, True, [endpoint(*PEER)])
    assert [where for _, where in leg.wire.taken()] == [STRANGER, PEER]


def test_an_invalid_check_is_not_answered() -> None:
    leg = Leg(ICE)
    assert not leg.path.take(check("w" * 24), STRANGER)
    assert not Leg().path.take(check(), PEER)
    assert (leg.path.admits(STRANGER), leg.wire.sent) == (False, [])


def test_a_nomination_outlives_descriptions_and_a_restart() -> None:
    leg = Leg(ICE)
    leg.path.take(check(), PEER)
    latch.describe(leg.state.stream, 0, endpoint(*STRANGER))
    leg.start(IceLite(local_user="a", local_password="b", remote_user="c", remote_password="d"), None)
    assert (leg.path.ready, leg.path.admits(PEER)) == (True, True)
    assert leg.state.stream.remote[0] == endpoint(*PEER)
    leg.start(None, None)
    leg.start(ICE, None)
    assert not leg.path.ready


def test_checks_and_pairs_are_bounded() -> None:
    leg = Leg(ICE)
    taken = [leg.path.take(check(), (PEER[0], port)) for port in range(1, MAX_PAIRS + 2)]
    assert taken == [True] * MAX_PAIRS + [False]
    for _ in range(2 * MAX_CHECKS):
        leg.path.take(check(), (PEER[0], 1))
    assert len(leg.wire.taken()) == MAX_CHECKS
    for _ in range(SECOND):
        leg.path.tick()
    assert leg.path.take(check(), (PEER[0], 1))


@pytest.mark.parametrize("ice", [ICE, None])
def test_nothing_passes_before_the_handshake_and_keys_come_of_it(ice: IceLite | None) -> None:
    leg = Leg(ice, DTLS)
    assert isinstance(leg.path.keys.sealer, Unkeyed)
    leg.path.tick()
    assert bool(leg.wire.taken()) is (ice is None)
    if ice is not None:
        leg.path.take(check(), PEER)
        leg.wire.taken()
    leg = leg if ice is not None else Leg(None, DTLS)
    leg.shake(Handshake(CALLER, WORKER.fingerprint, "server"))
    assert leg.path.ready
    assert not isinstance(leg.path.keys.sealer, Unkeyed | None)
    sealer = leg.path.keys.sealer
    leg.start(ice, DTLS)
    assert leg.path.keys.sealer is sealer


@pytest.mark.parametrize("ice", [ICE, None])
def test_a_strangers_hello_is_not_answered(ice: IceLite | None) -> None:
    leg = Leg(ice, DtlsPeer(fingerprint=CALLER.fingerprint, role="server"))
    if ice is not None:
        leg.path.take(check(), PEER)
        leg.wire.taken()
    for _ in range(100):
        (hello,) = Handshake(ALIEN, WORKER.fingerprint, "client").begin()
        assert not leg.path.take(hello, STRANGER)
        assert not leg.path.take(hello, (PEER[0], 666))
    assert leg.wire.sent == []
    caller = Handshake(CALLER, WORKER.fingerprint, "client")
    for hello in caller.begin():
        leg.path.take(hello, PEER)
    leg.shake(caller)
    assert leg.path.ready
    assert not leg.failures


def test_another_certificate_than_sdp_names_gets_no_audio_and_is_told_of() -> None:
    leg = Leg(None, DTLS)
    leg.shake(Handshake(ALIEN, WORKER.fingerprint, "server"))
    leg.run(PATIENCE + 1)
    assert not leg.path.ready
    assert leg.failures == [(PEER[0], "the certificate is not the one that SDP names")]


def test_a_handshake_that_does_not_come_is_told_of_once() -> None:
    leg = Leg(ICE, DTLS)
    leg.run(PATIENCE)
    leg.path.take(check(), PEER)
    leg.run(PATIENCE - 1)
    assert not leg.failures
    leg.run(PATIENCE)
    assert leg.failures == [(PEER[0], "the peer has not completed a handshake")]


def test_who_consents_no_more_is_not_sent_to() -> None:
    """RFC 7675 section 5.1: after 30 s without a check nothing is sent, until the next one."""
    leg = Leg(ICE)
    leg.path.take(check(), PEER)
    leg.run(PATIENCE)
    ready = [leg.path.ready]
    leg.run(1)
    ready.append(leg.path.ready)
    leg.path.take(check("w" * 24), PEER)
    ready.append(leg.path.ready)
    leg.path.take(check(nominates=False), PEER)
    ready.append(leg.path.ready)
    assert ready == [True, False, False, True]


def test_a_peer_that_leaves_the_choice_to_us_is_told_to_choose() -> None:
    """RFC 8445 section 7.3.1.1: the lite side chooses nothing."""
    leg = Leg(ICE)
    assert leg.path.take(check(role="ICE-CONTROLLED"), PEER)
    ((answer, _),) = leg.wire.taken()
    read = judge.parse_message(answer)
    read.check_message_integrity(ICE.local_password.encode())
    assert read.message_class is judge.Class.ERROR
    assert read.attributes["ERROR-CODE"][0] == 487
    assert (leg.path.admits(PEER), leg.path.ready) == (False, False)
    assert leg.path.take(check(), PEER)
    assert leg.path.ready


def test_neither_checks_nor_handshakes_disturb_other_legs() -> None:
    leg = Leg()
    (hello,) = Handshake(CALLER, WORKER.fingerprint, "client").begin()
    assert [leg.path.take(data, PEER) for data in (hello, b"\x00" * 20, b"\x50junk")] == [False] * 3
    assert (leg.path.ready, leg.path.admits(STRANGER)) == (True, True)
