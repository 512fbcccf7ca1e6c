"""Audio files fetched once and used again, from a host that says for how long."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gateway.clock import ManualClock
from gateway.webhooks import downloads as module
from gateway.webhooks.downloads import Downloads
from gateway.webhooks.egress import Egress
from gateway.webhooks.failures import BadContent, EgressError
from tests.support.rude_server import RudeServer, closes, http, says

pytestmark = pytest.mark.contract

APP = "an-application"


def tune(level: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.full(400, level, np.int16), 8000, format="WAV")
    return file.getvalue()


def answer(level: int, **headers: str) -> bytes:
    return http(200, tune(level), "audio/wav", **headers)


def kept(folder: Path) -> int:
    """How many files there are."""
    return len(list(folder.iterdir()))


NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
async def door() -> AsyncIterator[Egress]:
    opened = Egress(("127.0.0.0/8",))
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def files(door: Egress, tmp_path: Path, clock: ManualClock) -> Downloads:
    return Downloads(door, tmp_path, clock)


async def level(files: Downloads, url: str, application: str = APP) -> int:
    """What is heard in the file."""
    async with files.open(application, url) as path:
        return int(soundfile.read(path, dtype="int16")[0][0])


async def test_a_fresh_file_is_not_asked_for_again(files: Downloads, clock: ManualClock) -> None:
    async with RudeServer(says(answer(1, Cache_Control="max-age=60"))) as server:
        assert await level(files, server.url) == 1
        server.answer = says(answer(2, Cache_Control="max-age=60"))
        clock.advance(59)
        assert await level(files, server.url) == 1
        clock.advance(2)
        assert await level(files, server.url) == 2
        assert len(server.requests) == 2


@pytest.mark.parametrize("headers", [{}, {"Cache_Control": "no-store, max-age=60"}])
async def test_what_may_not_be_kept_is_gone_after_use(
    files: Downloads, tmp_path: Path, headers: dict[str, str]
) -> None:
    async with RudeServer(says(answer(1, **headers))) as server:
        assert await level(files, server.url) == 1
        assert kept(tmp_path) == 0
        server.answer = says(answer(2))
        assert await level(files, server.url) == 2


async def test_a_stale_file_is_asked_about(files: Downloads, clock: ManualClock) -> None:
    async with RudeServer(says(answer(1, Cache_Control="no-cache", ETag='"one"'))) as server:
        assert await level(files, server.url) == 1
        server.answer = says(NOT_MODIFIED)
        assert await level(files, server.url) == 1
        assert await level(files, server.url) == 1
        assert b'If-None-Match: "one"' in server.requests[2]
        server.answer = says(answer(2, ETag='"two"'))
        assert await level(files, server.url) == 2
        server.answer = says(NOT_MODIFIED)
        assert await level(files, server.url) == 2
        assert b'If-None-Match: "two"' in server.requests[4]


async def test_an_answer_that_nothing_has_changed_may_make_it_fresh(
    files: Downloads, clock: ManualClock
) -> None:
    fresh = b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\nContent-Length: 0\r\n\r\n"
    async with RudeServer(says(answer(1, ETag='"one"'))) as server:
        assert await level(files, server.url) == 1
        server.answer = says(fresh)
        assert await level(files, server.url) == 1
        server.answer = closes
        assert await level(files, server.url) == 1
        assert len(server.requests) == 2


async def test_nothing_changed_for_who_has_nothing_is_a_failure(files: Downloads) -> None:
    async with RudeServer(says(NOT_MODIFIED)) as server:
        with pytest.raises(BadContent, match="304"):
            await level(files, server.url)


async def test_a_stale_file_is_no_answer_when_its_host_fails(
    files: Downloads, clock: ManualClock, tmp_path: Path
) -> None:
    async with RudeServer(says(answer(1, Cache_Control="max-age=60"))) as server:
        assert await level(files, server.url) == 1
        clock.advance(61)
        server.answer = closes
        with pytest.raises(EgressError):
            await level(files, server.url)
        server.answer = says(answer(2))
        assert await level(files, server.url) == 2
    assert kept(tmp_path) == 0


async def test_applications_have_nothing_to_do_with_each_other(files: Downloads) -> None:
    async with RudeServer(says(answer(1, Cache_Control="max-age=60"))) as server:
        assert await level(files, server.url) == 1
        server.answer = says(answer(2, Cache_Control="max-age=60"))
        assert await level(files, server.url, "another") == 2
        assert await level(files, server.url) == 1


async def test_a_file_in_use_outlives_its_place(files: Downloads, clock: ManualClock) -> None:
    async with RudeServer(says(answer(1, Cache_Control="max-age=60"))) as server:
        async with files.open(APP, server.url) as first:
            clock.advance(61)
            server.answer = says(answer(2))
            assert await level(files, server.url) == 2
            assert soundfile.read(first, dtype="int16")[0][0] == 1
        assert not first.exists()


async def test_the_least_recently_used_goes_first(door: Egress, tmp_path: Path, clock: ManualClock) -> None:
    files = Downloads(door, tmp_path, clock, max_octets=2 * len(tune(1)))
    async with RudeServer(says(answer(1, Cache_Control="max-age=60"))) as server:
        for name in ("a", "b", "a", "c", "a"):
            assert await level(files, f"{server.url}/{name}") == 1
        assert len(server.requests) == 3
        await level(files, f"{server.url}/b")
        assert len(server.requests) == 4
    assert kept(tmp_path) == 2


async def test_there_are_not_too_many(
    files: Downloads, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 3)
    async with RudeServer(says(answer(1, Cache_Control="max-age=60"))) as server:
        for name in range(5):
            await level(files, f"{server.url}/{name}")
    assert kept(tmp_path) == 3


async def test_what_an_earlier_run_left_is_removed(door: Egress, tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "17").write_bytes(b"old")
    Downloads(door, tmp_path, clock)
    assert kept(tmp_path) == 0
