"""Recordings as files."""

import msgspec
import pytest

from gateway.store.records import Batch
from tests.support import records
from tests.support.api import APPLICATION, NEIGHBOUR, Api

pytestmark = pytest.mark.contract

CONTENT = bytes(range(256))


async def _recording(api: Api, end_time: str | None = "2024-05-01T12:00:01.000Z") -> None:
    recording = msgspec.structs.replace(records.recording("rec-1", end_time), application_id=APPLICATION)
    await api.store.commit(Batch(recordings=[recording]))


async def test_a_recording_whole_and_in_part(api: Api) -> None:
    await _recording(api)
    (api.directory / "rec-1.wav").write_bytes(CONTENT)
    headers = {"Authorization": f"Bearer {api.token()}"}
    async with api.client.get("/v1/files/rec-1", headers=headers) as response:
        assert (response.status, response.content_type) == (200, "audio/wav")
        assert await response.read() == CONTENT
    async with api.client.get("/v1/files/rec-1", headers={**headers, "Range": "bytes=10-19"}) as response:
        assert (response.status, response.headers["Content-Range"]) == (206, "bytes 10-19/256")
        assert await response.read() == CONTENT[10:20]
    async with api.client.get("/v1/files/rec-1", headers={**headers, "Range": "bytes=999-"}) as response:
        assert response.status == 416


async def test_a_recording_of_another_application_is_no_recording(api: Api) -> None:
    await _recording(api)
    (api.directory / "rec-1.wav").write_bytes(CONTENT)
    body = await api.expect(404, "GET", "/v1/files/rec-1", token=api.token(NEIGHBOUR))
    assert body["type"] == "NOT_FOUND"


async def test_a_recording_that_runs_or_whose_file_is_gone(api: Api) -> None:
    await _recording(api, end_time=None)
    await api.expect(404, "GET", "/v1/files/rec-1")
    await _recording(api)
    await api.expect(404, "GET", "/v1/files/rec-1")
