"""Who is not listened to: rates, bans, scanners, guessers, and the bounds of what is remembered of them."""

from ipaddress import ip_network

import pytest

from signalling.sip import flood
from signalling.sip.calls import Flow
from signalling.sip.flood import BREATH_S, MOST_EXCESS, SCANNERS, FloodPolicy, Sentry, source_of
from signalling.sip.incidents import Incident, Kind
from tests.support.sip_script import Says

pytestmark = pytest.mark.unit

ATTACKER, TRUNK = "203.0.113.66", "192.0.2.1"
MESSAGE = bytes(Says("OPTIONS"))


class Watch:
    """A sentry who trusts the trunk, and what he tells."""

    def __init__(self, **policy: object) -> None:
        self.told: list[Incident] = []
        self.sentry = Sentry(FloodPolicy(**policy), TRUNK.__eq__, self.told.append)  # type: ignore[arg-type]

    def send(self, source: str, now: float, data: bytes = MESSAGE) -> bool:
        return self.sentry.admits(data, Flow("udp", (source, 5060), (TRUNK, 5060)), now)

    def flood(self, source: str, since: float, seconds: float, rate: int) -> int:
        """How many of a steady stream are let through."""
        return sum(self.send(source, since + index / rate) for index in range(int(seconds * rate)))

    def kinds(self) -> list[Kind]:
        return [incident.kind for incident in self.told]


def test_a_burst_passes_and_then_the_rate() -> None:
    watch = Watch()
    assert watch.flood(ATTACKER, 0, 2, 1000) == pytest.approx(20 + 2 * 10, abs=1)
    assert watch.kinds() == [Kind.RATE_EXCEEDED]
    assert watch.sentry.bans(2) == []


def test_a_source_within_its_rate_is_never_told_of() -> None:
    watch = Watch()
    assert watch.flood(ATTACKER, 0, 60, 10) == 600
    assert watch.told == []


def test_three_seconds_above_the_rate_are_a_ban_of_five_minutes() -> None:
    watch = Watch()
    watch.flood(ATTACKER, 0, 4, 1000)
    assert watch.kinds() == [Kind.RATE_EXCEEDED, Kind.SOURCE_BANNED]
    (ban,) = watch.sentry.bans(4)
    assert (ban.source, ban.reason) == (ATTACKER, "too many messages")
    assert ban.until == pytest.approx(303, abs=0.1)
    assert not watch.send(ATTACKER, ban.until - 0.01)
    assert watch.send(ATTACKER, ban.until + 0.01)
    assert watch.sentry.bans(ban.until + 1) == []


def test_who_brings_very_many_is_banned_at_once() -> None:
    watch = Watch()
    watch.flood(ATTACKER, 0, 1.0, MOST_EXCESS)
    assert watch.kinds() == [Kind.RATE_EXCEEDED]
    watch.flood(ATTACKER, 1, 0.2, 20_000)
    assert watch.kinds() == [Kind.RATE_EXCEEDED, Kind.SOURCE_BANNED]
    assert watch.sentry.bans(1.2)[0].until < 301.1


def test_who_pauses_is_not_banned() -> None:
    watch = Watch()
    for start in range(0, 30, 5):
        watch.flood(ATTACKER, start, BREATH_S, 100)
    assert Kind.SOURCE_BANNED not in watch.kinds()


def test_one_sources_flood_is_nobody_elses() -> None:
    watch = Watch()
    watch.flood(ATTACKER, 0, 4, 1000)
    assert watch.send("203.0.113.67", 4)


def test_trusted_and_exempt_sources_are_borne() -> None:
    watch = Watch(exempt=(ip_network("198.51.100.0/24"),))
    for source in (TRUNK, "198.51.100.9"):
        assert watch.flood(source, 0, 4, 1000) == 4000
    assert watch.send(TRUNK, 5, bytes(Says("OPTIONS", extra=("User-Agent: friendly-scanner",))))
    for _ in range(100):
        watch.sentry.note(Incident(Kind.INVALID_PASSWORD, TRUNK), 5)
    assert watch.told == []


def test_of_ipv6_a_source_is_a_network() -> None:
    watch = Watch()
    passed = sum(watch.send(f"2001:db8::{index:x}", 0) for index in range(1000))
    assert passed == 20
    assert source_of("2001:db8:0:1::2%eth0") == "2001:db8:0:1::/64"
    assert source_of("::ffff:192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("agent", [*SCANNERS, "friendly-scanner 0.3", "X SIPVicious/1", "SipCLI/v1.8"])
def test_scanners_get_no_answer(agent: str) -> None:
    watch = Watch()
    for head in ("User-Agent: ", "user-agent:", "USER-AGENT : "):
        assert not watch.send(ATTACKER, 0, bytes(Says(extra=(head + agent,))))
    assert {(one.kind, one.detail) for one in watch.told} == {(Kind.SCANNER_SEEN, agent)}


@pytest.mark.parametrize("agent", ["", "Linphone/5", "sipsak 0.9.8", "SIPp v3.6", "unfriendly-scannerx"])
def test_others_do(agent: str) -> None:
    extra = (f"User-Agent: {agent}", "Subject: sipvicious")
    assert Watch().send(ATTACKER, 0, bytes(Says(extra=extra)))


def test_the_eleventh_wrong_password_within_a_minute_is_a_ban() -> None:
    watch = Watch()
    for second in range(10):
        watch.sentry.note(Incident(Kind.INVALID_PASSWORD, ATTACKER), second * 0.1)
    assert watch.send(ATTACKER, 1)
    watch.sentry.note(Incident(Kind.INVALID_PASSWORD, ATTACKER), 1)
    assert not watch.send(ATTACKER, 1)
    assert watch.told[-1].detail == "wrong passwords"


def test_a_wrong_password_now_and_then_is_none() -> None:
    watch = Watch()
    for second in range(0, 3600, 7):
        watch.sentry.note(Incident(Kind.INVALID_PASSWORD, ATTACKER), second)
    assert watch.told == []


def test_a_ban_can_be_lifted() -> None:
    watch = Watch()
    watch.flood(ATTACKER, 0, 4, 1000)
    assert watch.sentry.lift(ATTACKER)
    assert not watch.sentry.lift(ATTACKER)
    assert not watch.sentry.is_banned(ATTACKER, 4)
    assert watch.send(ATTACKER, 10)


def test_a_datagram_that_is_too_long_is_answered_once() -> None:
    watch = Watch()
    flow = Flow("udp", (ATTACKER, 5060), (TRUNK, 5060))
    assert [watch.sentry.admits_oversize(MESSAGE, flow, now) for now in (0, 1, 2)] == [True, False, False]
    assert watch.kinds() == [Kind.MESSAGE_TOO_LARGE]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "MAX_SOURCES", 50)
    monkeypatch.setattr(flood, "MAX_BANS", 5)
    watch = Watch(rate=0.001, burst=1, patience_s=0.0)
    for index in range(500):
        source = f"198.51.{index // 250}.{index % 250}"
        watch.send(source, index)
        watch.send(source, index)
    assert len(watch.sentry.bans(500)) == 5
    assert [ban.source for ban in watch.sentry.bans(500)] == [f"198.51.1.{last}" for last in range(245, 250)]
    watch = Watch(rate=0.001, burst=1)
    for index in range(500):
        for _ in range(2):
            watch.send(f"198.51.{index // 250}.{index % 250}", index)
    assert watch.sentry.sources == 50
