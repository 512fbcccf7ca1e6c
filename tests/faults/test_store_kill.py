"""SIGKILL while the store writes: what was acknowledged is there, and no log has a gap."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.store.queries import EventFilter, Window
from gateway.store.sqlite import SqliteStore
from tests.support import records
from tests.support.store_child import CONVERSATIONS

pytestmark = pytest.mark.faults

KILLS = 8
ACKNOWLEDGED_BEFORE_KILL = 40
"""In each life of the process: enough that the kill meets transactions under way."""


def _live_and_die(path: Path, acknowledged: int) -> dict[str, int]:
    """Run a writer, kill it after so many acknowledgements; the last position that it was told of, by log."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.support.store_child", str(path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    last: dict[str, int] = {}
    with child:
        for count, line in enumerate(child.stdout, 1):
            _note(line, last)
            if count == acknowledged:
                child.send_signal(signal.SIGKILL)
                break
        # What it still said before it died counts too.
        for line in child.stdout:
            if line.endswith("\n"):
                _note(line, last)
    assert child.returncode == -signal.SIGKILL
    return last


def _note(line: str, last: dict[str, int]) -> None:
    conversation_id, position = line.split()
    last[conversation_id] = int(position)


async def test_no_acknowledged_batch_is_lost_and_no_log_has_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    acknowledged: dict[str, int] = {}
    for life in range(KILLS):
        acknowledged |= _live_and_die(path, ACKNOWLEDGED_BEFORE_KILL + 7 * life)
        store = await SqliteStore.open(path)
        for conversation_id in CONVERSATIONS:
            log = await store.log(conversation_id)
            assert [event.position for event in log] == list(range(1, len(log) + 1))
            assert len(log) >= acknowledged.get(conversation_id, 0)
            # A batch is whole: its delivery stands with its event, and the conversation names its last fact.
            record = await store.conversation(records.APPLICATION, conversation_id)
            assert (record.position if record else 0) == len(log)
            page = await store.events(conversation_id, Window(limit=1), EventFilter())
            assert page.total == len(log)
        owed = {delivery.id for delivery in await store.pending_deliveries()}
        logs = [await store.log(conversation_id) for conversation_id in CONVERSATIONS]
        assert owed == {f"{event.conversation_id}-{event.position}" for log in logs for event in log}
        await store.close()
    assert set(acknowledged) == set(CONVERSATIONS)
