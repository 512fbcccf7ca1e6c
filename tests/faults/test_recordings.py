"""A disk that is full, and a machine that is reset, while calls are being recorded.

The disk has two megabytes, in a mount namespace of the gateway's own. Whether a file can be played is for
FFmpeg to say.
"""

import hashlib
import io
import os
from base64 import b64encode
from pathlib import Path

import aiohttp
import av
import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.demo.hearing import tone_level_dbov
from tests.conftest import StartGateway, StartPhone
from tests.support import gateway as gateway_process
from tests.support.hearing import LOUDNESS_TOLERANCE_DB, SPOKEN_DBOV
from tests.support.line import Line, room
from tests.support.rest import Answer
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.faults

TONES = {"447700000101": 440, "447700000102": 660}
SECOND = 32_000
"""Octets of a recording: 16 kHz, 16 bits, one channel."""
DISK = 2 << 20
LEFT = 8 * SECOND
"""12 % of the disk: enough for a recording to begin, and for some seconds of it."""
IN_A_SMALL_DISK = f"""#!/bin/sh
if [ -z "$INSIDE" ]; then INSIDE=1 exec unshare --mount "$0" "$@"; fi
mount --make-rprivate / && mkdir -p "$RECORDINGS" || exit 1
mount -t tmpfs -o size={DISK},mode=700 tmpfs "$RECORDINGS" || exit 1
exec "$CORDBOARD" "$@"
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount file systems")


async def call_in(line: Line, start_phone: StartPhone) -> list[str]:
    """Two phones in a room that is recorded; their legs."""
    line.webhooks.answer(room(record=True, eventUrl=[f"{line.webhooks.url}/record"]))
    legs = []
    for name, hertz in TONES.items():
        phone = await start_phone(name, hertz)
        await phone.call(line.uri)
        answered = await line.webhooks.wait("/event", {"from": name}, status="answered")
        await phone.wait("established")
        legs.append(str(answered.fields["uuid"]))
    return legs


def decode(content: bytes) -> tuple[NDArray[np.int16], int]:
    """What FFmpeg makes of a file, one channel, and its rate."""
    with av.open(io.BytesIO(content), "r") as file:
        rate = file.streams.audio[0].rate
        mono = av.AudioResampler("s16", "mono", rate)
        frames = [each for frame in file.decode(audio=0) for each in mono.resample(frame)]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.int16), rate


def assert_both_are_heard(content: bytes) -> None:
    samples, rate = decode(content)
    for hertz in TONES.values():
        level = tone_level_dbov(samples, hertz, rate_hz=rate)
        assert level == pytest.approx(SPOKEN_DBOV, abs=LOUDNESS_TOLERANCE_DB)


async def download(line: Line, url: str) -> tuple[bytes, str]:
    """A file, and its digest as the response has it."""
    headers = {"Authorization": f"Bearer {line.app.token()}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        assert response.status == 200
        return await response.read(), response.headers["Repr-Digest"]


async def test_a_machine_that_is_reset_keeps_what_was_recorded(
    start_gateway: StartGateway, webhooks: WebhookApp, start_phone: StartPhone
) -> None:
    line = await Line.rent(await start_gateway(), webhooks)
    legs = await call_in(line, start_phone)
    conversation = (await line.call_state(legs[0]))["conversation_uuid"]
    (tape,) = (line.gateway.data / "recordings").glob("*.wav")
    begun = tape.stat().st_size
    await until(lambda: tape.stat().st_size > begun + 4 * SECOND, "four seconds of it", every_s=0.1)
    await line.gateway.reset()
    written = tape.stat().st_size
    assert_both_are_heard(tape.read_bytes())
    await line.gateway.restart()
    told = await webhooks.wait("/record")
    content, digest = await download(line, told.fields["recording_url"])

    assert told.fields["size"] == len(content)
    assert digest == f"sha-256=:{b64encode(hashlib.sha256(content).digest()).decode()}:"
    assert_both_are_heard(content)
    samples, rate = decode(content)
    assert len(samples) / rate == pytest.approx((written - 44) / SECOND, abs=0.25), "all that was on the disk"
    assert not tape.exists(), "it is the MP3 that was asked for"
    (done,) = [event for event in await line.events(conversation) if event["type"] == "audio:record:done"]
    assert done["body"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert done["body"]["error"] == "the gateway was restarted"


@needs_root
async def test_a_full_disk_ends_recordings_and_no_call(
    start_gateway: StartGateway,
    webhooks: WebhookApp,
    start_phone: StartPhone,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    launcher = tmp_path / "cordboard"
    launcher.write_text(IN_A_SMALL_DISK)
    launcher.chmod(0o755)
    monkeypatch.setenv("CORDBOARD", str(gateway_process.CORDBOARD))
    monkeypatch.setenv("RECORDINGS", str(tmp_path / "gateway" / "data" / "recordings"))
    monkeypatch.setattr(gateway_process, "CORDBOARD", launcher)
    line = await Line.rent(await start_gateway(), webhooks)
    folder = Path(f"/proc/{line.gateway.pid}/root{line.gateway.data}/recordings")
    filler = folder / "filler"
    filler.write_bytes(bytes(DISK - LEFT))
    legs = await call_in(line, start_phone)
    conversation = (await line.call_state(legs[0]))["conversation_uuid"]
    told = await webhooks.wait("/record")
    (done,) = [event for event in await line.events(conversation) if event["type"] == "audio:record:done"]
    assert "No space left" in done["body"]["error"]
    content, _ = await download(line, told.fields["recording_url"])
    assert LEFT / 2 < len(content) <= LEFT
    assert_both_are_heard(content)

    refused = await record(line, legs[0])
    assert (refused.status, "less than 5% free" in refused.body["detail"]) == (503, True)
    filler.unlink()
    assert (await record(line, legs[0])).status < 300, "without a restart"
    for leg in legs:
        assert (await line.call_state(leg))["status"] == "answered"


async def record(line: Line, leg: str) -> Answer:
    """Ask for a recording by REST."""
    path, body = f"/v1/calls/{leg}/recording", {"streamed": "start"}
    return await line.gateway.rest.request("PUT", path, app=line.app, body=body)
