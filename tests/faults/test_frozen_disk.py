"""A disk that stands still under a recording: a file system on a loop device, frozen and thawed."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from media.control import (
    Join,
    OpenRtp,
    Ping,
    Pong,
    RecordingDone,
    RtpOpened,
    StartRecording,
    StartRtp,
    StopRecording,
)
from media.engine.state import TAP_FRAMES
from tests.support.media_worker import MediaWorker, Telephone, level_dbov
from tests.support.waiting import until

pytestmark = pytest.mark.faults

ANNA, HEARD = 440, -26.0
TOOLS = ("mkfs.ext4", "mount", "umount", "fsfreeze")
IMAGE = 16 << 20
FRAME = 320
"""Octets of 20 ms at 8 kHz."""


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=60)


class Disk:
    """A small one of its own, mounted at `path`."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "disk"
        self.path.mkdir()
        image = directory / "image"
        image.touch()
        os.truncate(image, IMAGE)
        run("mkfs.ext4", "-q", image)
        run("mount", "-o", "loop", image, self.path)
        self._frozen = False

    def freeze(self) -> None:
        """From now on whoever writes waits."""
        run("fsfreeze", "--freeze", self.path)
        self._frozen = True

    def thaw(self) -> None:
        """Let those go on who wait."""
        if self._frozen:
            run("fsfreeze", "--unfreeze", self.path)
            self._frozen = False

    def remove(self) -> None:
        """Leave nothing mounted."""
        self.thaw()
        run("umount", "--lazy", self.path)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"only root can mount file systems, with {missing or TOOLS}")
    try:
        made = Disk(tmp_path)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no file system on a loop device here: {error.stderr.decode().strip()}")
    try:
        yield made
    finally:
        made.remove()


async def test_a_disk_that_stands_still_disturbs_nobody(disk: Disk) -> None:
    """Longer than the ring lasts: the call goes on, the worker answers, and takes another recording."""
    async with MediaWorker("--max-legs", "8") as worker, Telephone(ANNA) as anna, Telephone() as bela:
        try:
            for leg, phone in (("anna", anna), ("bela", bela)):
                await call(worker, leg, phone)
            path = disk.path / "r.wav"
            worker.do(StartRecording(recording="r", room="r", path=str(path), rate=8000))
            await until(lambda: path.exists() and path.stat().st_size > 25 * FRAME, "a half second of it")
            disk.freeze()
            before = path.stat().st_size // FRAME
            later = disk.path / "later.wav"
            worker.do(StartRecording(recording="later", room="r", path=str(later), rate=8000))
            for nonce in range(6):
                heard = await bela.listen(60)
                levels = [level_dbov(frame, ANNA) for frame in heard.reshape(-1, 160)]
                assert np.median(levels) > HEARD
                worker.do(Ping(nonce=nonce))
                await worker.told(Pong, nonce=nonce)
        finally:
            disk.thaw()
        await until(
            lambda: path.stat().st_size // FRAME > before + TAP_FRAMES, "the rest of it", every_s=0.05
        )
        await bela.listen(10)  # some of what she heard before may have come before "later" began
        for name in ("r", "later"):
            worker.do(StopRecording(recording=name))
        done = await worker.told(RecordingDone, recording="r")
        then = await worker.told(RecordingDone, recording="later")
        samples = soundfile.read(done.path, dtype="int16")[0]
        whole = soundfile.info(then.path).frames
    missed = re.fullmatch(r"the disk was too slow: ([0-9.]+) s of it are silence", done.failed)
    assert missed is not None, done
    frames = samples.reshape(-1, 160)
    assert 0 < round(float(missed[1]) * 50) <= longest_silence(frames), "in one piece"
    assert len(frames) - before >= 6 * 60, "it keeps time"
    assert whole >= 6 * 60 * 160, "the other began when it was asked for"


def longest_silence(frames: NDArray[np.int16]) -> int:
    """How many frames in a row are all zeros."""
    loud = np.flatnonzero(np.abs(frames).max(axis=1) > 0)
    return int(np.diff(loud, prepend=-1, append=len(frames)).max()) - 1


async def call(worker: MediaWorker, leg: str, phone: Telephone) -> None:
    """Let a phone talk and listen in the room."""
    worker.do(OpenRtp(leg=leg))
    port = (await worker.told(RtpOpened, leg=leg)).port
    start = StartRtp(
        leg=leg,
        remote_host="127.0.0.1",
        remote_port=phone.port,
        codec="PCMU",
        payload_type=0,
        dtmf_payload_type=None,
    )
    worker.do(start)
    worker.do(Join(leg=leg, room="r"))
    phone.speak_to(port)
    await phone.listen(10)
