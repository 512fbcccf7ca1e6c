"""The growing WAV file: readable after every append, after a kill and on a full disk."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from media.errors import Unreadable, Unwritable
from media.files import wav
from media.files.wav import Removed, WavWriter, form_of

pytestmark = pytest.mark.unit

HEADER = 44


def ramp(frames: int, channels: int = 1) -> NDArray[np.int16]:
    """Samples that are all different, so that a lost or doubled one shows."""
    return (np.arange(frames * channels) - 5000).astype(np.int16).reshape(frames, channels)


def read(path: Path) -> NDArray[np.int16]:
    samples: NDArray[np.int16] = soundfile.read(path, dtype="int16", always_2d=True)[0]
    return samples


@pytest.mark.parametrize(("channels", "rate"), [(1, 16000), (2, 8000), (7, 16000)])
def test_the_samples_are_there_after_every_append(tmp_path: Path, channels: int, rate: int) -> None:
    path = tmp_path / "a.wav"
    frame, frames = rate // 50, 40
    whole = ramp(frame * frames, channels)
    writer = WavWriter(path, channels, rate)
    for end in range(frame, len(whole) + 1, frame):
        writer.append(whole[end - frame : end])
        assert path.read_bytes()[HEADER:] == whole[:end].tobytes()
        readable = read(path)
        assert end - rate * wav.HEADER_S < len(readable) <= end
        assert np.array_equal(readable, whole[: len(readable)])
    assert writer.duration_s == len(whole) / rate
    assert writer.close() == path.stat().st_size == HEADER + len(whole) * channels * 2
    assert np.array_equal(read(path), whole)
    assert soundfile.info(path).samplerate == rate


def test_the_header_is_written_four_times_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[int] = []
    pwrite = os.pwrite

    def watched(fd: int, data: bytes, offset: int) -> int:
        places.append(offset)
        return pwrite(fd, data, offset)

    writer = WavWriter(tmp_path / "a.wav", 1, 8000)
    monkeypatch.setattr(os, "pwrite", watched)
    for _ in range(100):
        writer.append(ramp(160))
    assert 7 <= places.count(0) <= 8
    assert len(places) - places.count(0) == 100
    writer.close()


def test_samples_of_another_shape_are_refused(tmp_path: Path) -> None:
    writer = WavWriter(tmp_path / "a.wav", 2, 8000)
    with pytest.raises(ValueError, match="2 channels"):
        writer.append(ramp(10, 1))
    writer.close()


@pytest.mark.parametrize("channels", [0, wav.MAX_CHANNELS + 1])
def test_an_absurd_number_of_channels_is_refused(tmp_path: Path, channels: int) -> None:
    with pytest.raises(Unwritable, match="channels"):
        WavWriter(tmp_path / "a.wav", channels, 8000)


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_text("mine")
    with pytest.raises(Unwritable):
        WavWriter(path, 1, 8000)
    assert path.read_text() == "mine"


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.wav").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unwritable):
        WavWriter(tmp_path / "a.wav", 1, 8000)
    assert not (tmp_path / "elsewhere").exists()


def test_only_its_owner_may_read_a_recording(tmp_path: Path) -> None:
    WavWriter(tmp_path / "a.wav", 1, 8000).close()
    assert (tmp_path / "a.wav").stat().st_mode & 0o777 == 0o600


def test_the_disk_is_synced_when_there_is_something_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    writer = WavWriter(tmp_path / "a.wav", 1, 8000)
    assert len(synced) == 1, "that there is such a file"
    for count in (2, 3):
        writer.append(ramp(160))
        for _ in range(2):
            writer.hasten()
            writer.keep()
        assert len(synced) == count
    writer.close()
    assert len(synced) == 3
    writer.hasten()  # of a file that is closed there is nothing to begin with


def test_what_the_disk_cannot_keep_is_told_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(fd: int) -> None:
        raise OSError(5, "Input/output error")

    path = tmp_path / "a.wav"
    writer = WavWriter(path, 1, 8000)
    writer.append(ramp(100))
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        writer.append(ramp(8000))
        with pytest.raises(Unwritable, match="Input/output error"):
            writer.keep()
        with pytest.raises(Unwritable, match="Input/output error"):
            writer.finish()
    assert writer.close() == path.stat().st_size == HEADER + 16_200
    assert np.array_equal(read(path)[100:], ramp(8000))


def test_samples_are_written_while_the_disk_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, awake = threading.Event(), threading.Event()

    def fsync(fd: int) -> None:
        waits.set()
        assert awake.wait(30)

    path = tmp_path / "a.wav"
    writer = WavWriter(path, 1, 8000)
    writer.append(ramp(8000))
    monkeypatch.setattr(os, "fsync", fsync)
    keeper = threading.Thread(target=writer.keep)
    keeper.start()
    assert waits.wait(30)
    writer.append(ramp(8000))
    assert path.stat().st_size == HEADER + 32_000
    closer = threading.Thread(target=writer.close)
    closer.start()
    awake.set()
    for thread in (keeper, closer):
        thread.join(30)
    assert len(read(path)) == 16_000
    writer.keep()  # of a file that is closed there is nothing to keep


def test_what_passes_4_gib_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    writer = WavWriter(path, 1, 8000)
    writer.append(ramp(160))
    monkeypatch.setattr(wav, "MAX_DATA_OCTETS", 2 * 200)
    with pytest.raises(Unwritable, match="4 GiB"):
        writer.append(ramp(160))
    writer.append(ramp(40))
    writer.close()
    assert len(read(path)) == 200


ON_A_SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from media.errors import Unwritable
from media.files.wav import WavWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
writer = WavWriter(Path(sys.argv[1]), 1, 8000)
writer.append(np.ones((400, 1), np.int16))
try:
    writer.append(np.ones((400, 1), np.int16))
except Unwritable as error:
    print(error)
writer.append(np.ones((10, 1), np.int16))
print(writer.close())
"""


def test_a_full_disk_leaves_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    run = subprocess.run(
        [sys.executable, "-c", ON_A_SMALL_DISK, path], capture_output=True, text=True, timeout=60, check=True
    )
    reason, size = run.stdout.splitlines()
    assert "cannot write the recording" in reason
    assert int(size) == path.stat().st_size == HEADER + 820
    assert len(read(path)) == 410


def test_a_device_without_room_is_an_unwritable_file(monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(os, "open", lambda *_: full)
    with pytest.raises(Unwritable, match="cannot start"):
        WavWriter(Path("any"), 1, 8000)


UNTIL_KILLED = """
import sys
import threading
from pathlib import Path
import numpy as np
from media.files.wav import WavWriter
writer = WavWriter(Path(sys.argv[1]), 1, 8000)
for number in range(100_000):
    writer.append(np.full((160, 1), number % 30_000, np.int16))
    print(number, flush=True)
"""


def test_a_killed_writer_leaves_every_append_that_it_finished(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with subprocess.Popen([sys.executable, "-c", UNTIL_KILLED, path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(50):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        finished = 50 + len(process.stdout.read().splitlines())
    before = read(path)
    assert finished * 160 - 8000 * wav.HEADER_S <= len(before) <= (finished + 1) * 160
    go_on(path, 1)
    left = read(path)
    assert len(left) in (finished * 160, (finished + 1) * 160)
    assert np.array_equal(left[::160, 0][:finished], np.arange(finished))


def go_on(path: Path, channels: int) -> None:
    """Be the next writer, who has nothing to add."""
    assert form_of(path) == (channels, 8000)
    WavWriter(path, channels, 8000, resumes=True).close()


def test_the_next_writer_finds_samples_that_the_header_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    writer = WavWriter(path, 2, 8000)
    writer.append(ramp(160, 2))
    writer.close()
    with path.open("ab") as file:
        file.write(ramp(160, 2).tobytes() + b"\x01")
    assert len(read(path)) == 160
    go_on(path, 2)
    assert len(read(path)) == 320
    assert path.stat().st_size == HEADER + 1280


def test_the_next_writer_believes_the_length_when_the_header_claims_more(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    writer = WavWriter(path, 1, 8000)
    writer.append(ramp(480))
    writer.close()
    os.truncate(path, HEADER + 500)
    go_on(path, 1)
    assert len(read(path)) == 160


def test_the_next_writer_begins_behind_the_last_whole_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    writer = WavWriter(path, 1, 8000)
    writer.append(ramp(320))
    writer.close()
    os.truncate(path, HEADER + 639)
    writer = WavWriter(path, 1, 8000, resumes=True)
    writer.append(ramp(320)[160:])
    writer.close()
    assert np.array_equal(read(path), ramp(320))


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"x" * 100, b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\3\0" + b"\0" * 40]
)
def test_only_our_own_recordings_have_a_form(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="not a recording of ours"):
        form_of(path)


def test_the_form_of_an_absent_file_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        form_of(tmp_path / "a.wav")
    (tmp_path / "link.wav").symlink_to(tmp_path / "a.wav")
    with pytest.raises(Unreadable):
        form_of(tmp_path / "link.wav")


def test_a_file_has_one_writer_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wav, "LOCK_PATIENCE_S", 0.0)
    path = tmp_path / "a.wav"
    writer = WavWriter(path, 1, 8000)
    writer.append(ramp(160))
    with pytest.raises(Unwritable, match="somebody else"):
        WavWriter(path, 1, 8000, resumes=True)
    writer.append(ramp(160))
    writer.close()
    go_on(path, 1)
    assert len(read(path)) == 320


def test_the_next_writer_waits_for_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    writer = WavWriter(path, 1, 8000)
    asked = threading.Event()
    lock = fcntl.flock

    def flock(fd: int, how: int) -> None:
        asked.set()
        lock(fd, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    waiting = threading.Thread(target=go_on, args=(path, 1))
    waiting.start()
    assert asked.wait(30)
    writer.append(ramp(160))
    writer.close()
    waiting.join(30)
    assert len(read(path)) == 160


def test_a_file_that_its_writer_has_removed_is_not_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.wav"
    WavWriter(path, 1, 8000).close()
    lock = fcntl.flock

    def flock(fd: int, how: int) -> None:
        path.unlink(missing_ok=True)
        lock(fd, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(Removed):
        WavWriter(path, 1, 8000, resumes=True)
    assert not path.exists()


@pytest.mark.parametrize(("kept", "syncs"), [(True, 7), (False, 0)])
def test_the_disk_is_made_to_keep_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool, syncs: int
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    path = tmp_path / "a.wav"
    writer = WavWriter(path, 1, 8000, kept=kept)
    whole = ramp(24_000)
    for start in range(0, 24_000, 4000):
        writer.append(whole[start : start + 4000])
        writer.keep()
    writer.close()
    assert len(synced) == syncs
    assert np.array_equal(read(path), whole)
