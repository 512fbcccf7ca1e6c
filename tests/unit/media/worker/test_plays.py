"""Plays: what comes from another worker goes on where it was, in whatever row it gets."""

import asyncio
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from media.control import Notice, Play
from media.engine import records
from media.engine.engine import Engine
from media.engine.memory import make_state
from media.engine.state import FRAME, RATE
from media.files.wav import WavWriter
from media.worker.ledger import NAME
from media.worker.legs import Leg
from media.worker.plays import Plays

pytestmark = pytest.mark.unit

ROWS = 2


class Commanded:
    """An engine that takes down what it is asked."""

    def __init__(self) -> None:
        self.state = make_state(ROWS, ROWS, 1)
        self.commands: asyncio.Queue[tuple[int, ...]] = asyncio.Queue()

    def command(self, *words: int) -> None:
        self.commands.put_nowait(words)


@pytest.mark.parametrize("rate", [1, 2])
async def test_a_play_from_another_worker_goes_on_where_it_was(tmp_path: Path, rate: int) -> None:
    """Its position is counted at 8 kHz, however fast the row's last play was."""
    path = tmp_path / "a.wav"
    writer = WavWriter(path, 1, RATE)
    writer.append(np.zeros((10 * FRAME, 1), np.int16))
    writer.close()
    engine = Commanded()
    engine.state.plays.rate[:] = 2
    told: list[Notice] = []
    plays = Plays(cast("Engine", engine), np.zeros(ROWS, f"S{NAME}"), told.append)
    plays.expect({"p": (3, 4 * FRAME)})
    plays.start(Play(play="p", path=str(path), leg="anna", loop=5), Leg("anna", 1), None, rate)
    async with asyncio.timeout(30):
        command = await engine.commands.get()
    plays.close()
    assert command[0] == records.START_PLAY
    assert command[2] == 1, "the leg's row"
    assert command[-3:] == (3, 4 * FRAME * rate, rate)
    assert told == []
