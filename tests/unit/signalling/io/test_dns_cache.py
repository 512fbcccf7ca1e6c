"""What DNS said, for as long as it holds."""

from pathlib import Path

import pytest

from signalling.io.resolution import cache
from signalling.io.resolution.cache import MAX_NEGATIVE_TTL_S, MAX_TTL_S, Cache
from signalling.io.resolution.hosts import HostsFile
from signalling.io.resolution.records import Answer, Host, Question

pytestmark = pytest.mark.unit

ASKED = Question("a.example", "A")
KNOWN = (Host("192.0.2.1"),)


def test_an_answer_holds_for_its_time_and_is_remembered_after() -> None:
    known = Cache()
    assert known.fresh(ASKED, 0.0) is None
    known.remember(ASKED, Answer(KNOWN, 30.0), 100.0)
    assert known.fresh(ASKED, 129.9) == KNOWN
    assert known.fresh(ASKED, 130.0) is None
    assert known.stale(ASKED) == KNOWN


@pytest.mark.parametrize(("records", "most"), [(KNOWN, MAX_TTL_S), ((), MAX_NEGATIVE_TTL_S)])
def test_nothing_holds_for_longer_than_a_bound(records: tuple[Host, ...], most: float) -> None:
    known = Cache()
    known.remember(ASKED, Answer(records, 1e9), 0.0)
    assert known.fresh(ASKED, most - 1) == records
    assert known.fresh(ASKED, most) is None


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_ENTRIES", 3)
    known = Cache()
    for index in range(10):
        known.remember(Question(f"{index}.example", "A"), Answer(KNOWN, 30.0), 0.0)
    assert len(known) == 3
    assert known.fresh(Question("9.example", "A"), 1.0) == KNOWN


def test_the_hosts_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    hosts = HostsFile(file)
    assert hosts.addresses("pbx.example") == []
    file.write_text(
        "# comment\n192.0.2.1 pbx.example PBX # office\n2001:db8::1\tpbx.example\nno-address x\n\n"
    )
    assert hosts.addresses("PBX.example.") == ["192.0.2.1", "2001:db8::1"]
    assert hosts.addresses("pbx") == ["192.0.2.1"]
    file.write_text("192.0.2.22 pbx.example\n")
    assert hosts.addresses("pbx.example") == ["192.0.2.22"]
