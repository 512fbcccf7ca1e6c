"""The file of security events: what a line holds, how many there are, and that no stranger writes one."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from gateway import security_events
from gateway.clock import ManualClock
from gateway.legs.sip_security import KEYS_FAILED, security_event
from gateway.security_events import OF_ALL, OF_SOURCE, SecurityEvent, SecurityLog
from signalling.sip.incidents import Incident, Kind

pytestmark = pytest.mark.unit

SOURCE = "203.0.113.7"
GUESS = SecurityEvent(event="InvalidPassword", source=SOURCE)
PAGE = Path(__file__).parents[3] / "docs" / "security-events.md"


class Written:
    """A log in a directory, and its lines."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "security.log"
        self.clock = ManualClock()
        self.log = SecurityLog(self.path, self.clock)

    def texts(self) -> list[str]:
        return self.path.read_text().splitlines()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts()]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def test_a_line_holds_what_is_known_and_its_owner_alone_reads_it(written: Written) -> None:
    written.log.write(security_event(Incident(Kind.INVALID_PASSWORD, SOURCE, "udp", "REGISTER", "ann")))
    (line,) = written.lines()
    time = line.pop("time")
    assert re.fullmatch(r"2020-09-13T12:26:40(\.\d+)?Z", time)
    assert line == {
        "event": "InvalidPassword",
        "source": SOURCE,
        "transport": "udp",
        "method": "REGISTER",
        "account": "ann",
    }
    assert written.path.stat().st_mode & 0o777 == 0o600


def test_many_alike_are_counted_and_not_written(written: Written) -> None:
    for _ in range(OF_SOURCE + 100):
        written.log.write(GUESS)
    assert len(written.lines()) == OF_SOURCE
    written.clock.advance(5)
    written.log.write(GUESS)
    assert written.lines()[-1]["unwritten"] == 100


def test_a_flood_of_sources_does_not_fill_the_disk(written: Written) -> None:
    for index in range(OF_ALL + 100):
        written.log.write(SecurityEvent(event="RateExceeded", source=f"198.51.{index >> 8}.{index & 255}"))
    assert len(written.lines()) == OF_ALL


def test_a_full_file_makes_room(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_events, "MAX_FILE", 300)
    for index in range(20):
        written.log.write(SecurityEvent(event="RateExceeded", source=f"198.51.100.{index}"))
    files = sorted(path.name for path in written.path.parent.iterdir())
    assert set(files) <= {"security.log", "security.log.1"}
    assert sum(path.stat().st_size for path in written.path.parent.iterdir()) < 1000


def test_a_file_that_was_taken_away_begins_anew(written: Written) -> None:
    written.log.write(GUESS)
    written.path.unlink()
    written.log.write(GUESS)
    assert len(written.lines()) == 1


def test_a_file_that_cannot_be_written_costs_the_events_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = SecurityLog(tmp_path / "missing" / "security.log", ManualClock())
    log.write(GUESS)
    log.write(GUESS)
    assert len(caplog.records) == 1


# The page about them.


def failregex() -> re.Pattern[str]:
    """The expression of the page's filter, as fail2ban reads it."""
    (found,) = re.findall(r"^ *failregex = (.+)$", PAGE.read_text(), re.MULTILINE)
    return re.compile(found.replace("<ADDR>", r"(?P<addr>[0-9a-fA-F.:]+)"))


@pytest.mark.parametrize("kind", ["InvalidPassword", "SourceBanned", "ScannerSeen", "FailedACL"])
def test_the_filter_of_the_page_finds_whom_to_ban(written: Written, kind: str) -> None:
    written.log.write(SecurityEvent(event=kind, source=SOURCE, account="ann"))
    (text,) = written.texts()
    # fail2ban cuts the date out before it looks.
    for seen in (text, re.sub(r'"time":"[0-9T:-]+', "", text)):
        found = failregex().search(seen)
        assert found is not None
        assert found["addr"] == SOURCE


@pytest.mark.parametrize(
    "account",
    [
        '","source":"192.0.2.1',
        '{"time":"2026","event":"InvalidPassword","source":"192.0.2.1"}',
        '\n{"time":"2026-01-01T00:00:00Z","event":"InvalidPassword","source":"192.0.2.1"}',
        "\r\x00\u2028\udc80",
    ],
)
def test_no_stranger_has_another_banned(written: Written, account: str) -> None:
    written.log.write(
        security_event(Incident(Kind.INVALID_PASSWORD, SOURCE, "udp", account, account, account))
    )
    (text,) = written.texts()
    found = failregex().findall(text)
    assert found == [SOURCE]
    assert os.linesep not in text


def test_the_filter_leaves_the_overworked_alone(written: Written) -> None:
    written.log.write(SecurityEvent(event="SessionLimit", source=SOURCE))
    assert failregex().search(written.texts()[0]) is None


def test_the_page_has_every_event() -> None:
    named = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE))
    assert named == {KEYS_FAILED, *(kind.value for kind in Kind)}
