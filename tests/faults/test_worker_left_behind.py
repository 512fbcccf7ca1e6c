"""The gateway of a media worker dies: the worker goes on alone, and gives all it has to the next gateway."""

import asyncio
import itertools
import os
import signal
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from gateway.workers import estate
from gateway.workers.estate import claim, open_door
from media.control import CloseLeg, Join, LegQuality, OpenRtp, Remember, RtpOpened, Settled, StartRtp
from tests.support.media_worker import Estate, MediaWorker, Telephone, level_dbov

pytestmark = pytest.mark.faults

TONES = {"anna": 440, "bela": 700}
SPOKEN = -20.0
LEGS = ("--max-legs", "8")
WHAT = b"what the next gateway needs"


class Scene:
    """A worker that was lent a door, and two telephones in a room."""

    def __init__(self, stack: AsyncExitStack, door: Path) -> None:
        self.door = door
        self.phones: dict[str, Telephone] = {}
        self._stack = stack
        self._estate = Estate(range(20000, 30000))
        self._estate.door = self._door = stack.enter_context(open_door(door))
        stack.callback(self._estate.close)

    async def begin(self) -> None:
        self.worker = await self._stack.enter_async_context(MediaWorker(*LEGS, estate=self._estate))
        for leg, hertz in TONES.items():
            phone = self.phones[leg] = await self._stack.enter_async_context(Telephone(hertz))
            self.worker.do(OpenRtp(leg=leg))
            port = (await self.worker.told(RtpOpened, leg=leg)).port
            where = {"remote_host": "127.0.0.1", "remote_port": phone.port}
            numbers = {"codec": "PCMU", "payload_type": 0, "dtmf_payload_type": 101}
            self.worker.do(StartRtp(leg=leg, **where, **numbers))  # type: ignore[arg-type]
            self.worker.do(Join(leg=leg, room="r"))
            phone.speak_to(port)
            await phone.listen(5)

    def lose_gateway(self) -> None:
        """Nobody commands the worker any more, and nobody but the worker has its door."""
        self.worker.hang_up()
        self._door.close()

    async def spare(self) -> MediaWorker:
        """One of the next gateway, which waits."""
        return await self._stack.enter_async_context(MediaWorker(*LEGS, serves=False))

    async def assert_talking(self) -> None:
        for leg, other in (("anna", "bela"), ("bela", "anna")):
            await self.phones[leg].listen(15)
            heard = await self.phones[leg].listen(50)
            assert level_dbov(heard, TONES[other]) == pytest.approx(SPOKEN, abs=1)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        scene = Scene(stack, tmp_path / "door")
        await scene.begin()
        yield scene


async def test_the_next_gateway_goes_on_with_everything(scene: Scene) -> None:
    scene.worker.do(Remember(leg="anna", what=b"what is out of date"))
    scene.worker.do(Remember(leg="anna", what=WHAT))
    spare = await scene.spare()
    scene.lose_gateway()
    await scene.assert_talking()
    left = await asyncio.to_thread(claim, scene.door)
    assert left is not None
    assert await scene.worker.exited() == 0
    spare.estate.close()
    spare.estate.memory, spare.estate.pairs = left.memory, left.pairs
    for command in left.orders:
        spare.estate.orders.note(command)
    await spare.serve()
    await spare.told(Settled)
    await scene.assert_talking()

    assert spare.estate.orders.remembered() == {"anna": WHAT}
    for phone in scene.phones.values():
        headers = [struct.unpack("!HII", packet[2:12]) for packet in phone.packets]
        assert len({ssrc for _, _, ssrc in headers}) == 1
        pairs = list(itertools.pairwise(headers))
        assert {(after[0] - before[0]) & 0xFFFF for before, after in pairs} <= {1, 2}
        assert all((after[1] - before[1]) % 160 == 0 for before, after in pairs)
    for leg in TONES:
        spare.do(CloseLeg(leg=leg))
        await spare.told(LegQuality, leg=leg)


async def test_a_worker_without_legs_waits_for_nobody(scene: Scene) -> None:
    for leg in TONES:
        scene.worker.do(CloseLeg(leg=leg))
        await scene.worker.told(LegQuality, leg=leg)
    scene.lose_gateway()
    await scene.worker.exited()
    assert await asyncio.to_thread(claim, scene.door) is None


async def test_a_worker_that_hangs_is_ended_and_leaves_its_ports(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estate, "PATIENCE_S", 0.5)
    ports = [pair.rtp.getsockname() for pair in scene.worker.estate.pairs.values()]
    scene.lose_gateway()
    for pair in scene.worker.estate.pairs.values():
        pair.close()
    os.kill(scene.worker.process.pid, signal.SIGSTOP)
    # Other gateways come before, and die while they wait.
    for _ in range(3):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as heir:
            heir.connect(str(scene.door))
    try:
        assert await asyncio.to_thread(claim, scene.door) is None
        for port in ports:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
                bound.bind(port)
    finally:
        with suppress(ProcessLookupError):
            os.kill(scene.worker.process.pid, signal.SIGCONT)
    assert await scene.worker.exited() == -signal.SIGKILL


STRANGER = """
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
    door.bind(sys.argv[1])
    door.listen()
    print("listening", flush=True)
    sys.stdin.read()
"""


async def test_who_is_no_worker_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estate, "PATIENCE_S", 0.2)
    pipe = asyncio.subprocess.PIPE
    stranger = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STRANGER, str(tmp_path / "door")), stdin=pipe, stdout=pipe
    )
    assert stranger.stdout is not None
    assert await stranger.stdout.readline() == b"listening\n"
    assert await asyncio.to_thread(claim, tmp_path / "door") is None
    await stranger.communicate(b"")
    assert stranger.returncode == 0
