"""Recordings as files."""

import hashlib
from base64 import b64encode

import msgspec
import pytest

from gateway.files.forgetting import forget_recording
from gateway.store.records import Batch, RecordingRecord
from tests.support import records
from tests.support.api import APPLICATION, NEIGHBOUR, Api

pytestmark = pytest.mark.contract

CONTENT = bytes(range(256))
URL = "/v1/files/rec-1"
DIGEST = f"sha-256=:{b64encode(hashlib.sha256(CONTENT).digest()).decode()}:"
"""RFC 9530 section 3."""


async def _recording(
    api: Api, end_time: str | None = "2024-05-01T12:00:01.000Z", path: str = "recordings/rec-1.wav"
) -> RecordingRecord:
    recording = msgspec.structs.replace(
        records.recording("rec-1", end_time),
        application_id=APPLICATION,
        path=path,
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )
    await api.store.commit(Batch(recordings=[recording]))
    return recording


async def _kept(api: Api) -> RecordingRecord:
    (api.directory / "recordings" / "rec-1.wav").write_bytes(CONTENT)
    return await _recording(api)


@pytest.mark.parametrize(
    ("headers", "status", "content", "content_range"),
    [
        ({}, 200, CONTENT, None),
        ({"Range": "bytes=10-19"}, 206, CONTENT[10:20], "bytes 10-19/256"),
        ({"Range": "bytes=250-"}, 206, CONTENT[250:], "bytes 250-255/256"),
        ({"Range": "bytes=-6"}, 206, CONTENT[250:], "bytes 250-255/256"),
        ({"Range": "bytes=0-9,20-29"}, 200, CONTENT, None),
        ({"Range": "bytes=999-"}, 416, b"", "bytes */256"),
        ({"Range": "bytes=0-9", "If-Range": '"other"'}, 200, CONTENT, None),
        ({"If-Match": '"other"'}, 412, b"", None),
    ],
)
async def test_a_recording_whole_and_in_part(
    api: Api, headers: dict[str, str], status: int, content: bytes, content_range: str | None
) -> None:
    await _kept(api)
    sent = {"Authorization": f"Bearer {api.token()}", **headers}
    async with api.client.get(URL, headers=sent) as response:
        assert response.status == status
        assert await response.read() == content
        assert response.headers.get("Content-Range") == content_range
        assert response.headers["Accept-Ranges"] == "bytes"
        if status < 400:
            assert response.content_type == "audio/wav"
            assert 'filename="rec-1.wav"' in response.headers["Content-Disposition"]
            assert response.headers["Repr-Digest"] == DIGEST, "of the whole file, also with a range of it"


async def test_a_recording_is_hashed_among_the_files_of_its_account_too(api: Api) -> None:
    await _kept(api)
    headers = {"Authorization": f"Bearer {api.token()}"}
    async with api.client.get("/v3/media/rec-1", headers=headers) as response:
        assert hashlib.sha256(await response.read()).digest() == hashlib.sha256(CONTENT).digest()
        assert response.headers["Repr-Digest"] == DIGEST


async def test_what_nobody_has_hashed_has_no_digest(api: Api) -> None:
    recording = await _kept(api)
    await api.store.commit(Batch(recordings=[msgspec.structs.replace(recording, sha256="")]))
    async with api.client.get(URL, headers={"Authorization": f"Bearer {api.token()}"}) as response:
        assert response.status == 200
        assert "Repr-Digest" not in response.headers


async def test_a_recording_that_the_client_has_already(api: Api) -> None:
    await _kept(api)
    headers = {"Authorization": f"Bearer {api.token()}"}
    async with api.client.get(URL, headers=headers) as response:
        etag, modified = response.headers["ETag"], response.headers["Last-Modified"]
    for condition in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        async with api.client.get(URL, headers={**headers, **condition}) as response:
            assert (response.status, await response.read()) == (304, b"")
    resumed = {"Range": "bytes=1-1", "If-Range": etag}
    async with api.client.get(URL, headers={**headers, **resumed}) as response:
        assert (response.status, await response.read()) == (206, b"\1")


async def test_how_large_a_recording_is(api: Api) -> None:
    await _kept(api)
    headers = {"Authorization": f"Bearer {api.token()}", "Range": "bytes=0-9"}
    async with api.client.head(URL, headers=headers) as response:
        assert (response.status, response.headers["Content-Length"]) == (200, "256")
        assert response.content_type == "audio/wav"


async def test_a_large_recording(api: Api) -> None:
    content = CONTENT * 4096
    (api.directory / "recordings" / "rec-1.wav").write_bytes(content)
    await _recording(api)
    headers = {"Authorization": f"Bearer {api.token()}"}
    async with api.client.get(URL, headers=headers) as response:
        assert await response.read() == content


async def test_a_recording_of_another_application_is_no_recording(api: Api) -> None:
    await _kept(api)
    body = await api.expect(404, "GET", URL, token=api.token(NEIGHBOUR))
    assert body["type"] == "NOT_FOUND"


async def test_a_recording_that_runs_or_whose_file_is_gone(api: Api) -> None:
    await _recording(api, end_time=None)
    await api.expect(404, "GET", URL)
    await _recording(api)
    await api.expect(404, "GET", URL)


@pytest.mark.parametrize(
    "path",
    [
        "store.db",
        "../secret.wav",
        "recordings/../store.db",
        "recordings/../../secret.wav",
        "recordings",
        "recordings/link.wav",
        "recordings/nul\0.wav",
        "/etc/hostname",
        "/dev/zero",
        "",
    ],
)
async def test_a_row_leads_nowhere_else(api: Api, path: str) -> None:
    outside = api.directory.parent / "secret.wav"
    outside.write_bytes(CONTENT)
    (api.directory / "recordings" / "link.wav").symlink_to(outside)
    recording = await _recording(api, path=path)
    await api.expect(404, "GET", URL)
    await forget_recording(api.store, api.files, recording)
    assert outside.exists()
    assert (api.directory / "store.db").exists()


@pytest.mark.parametrize(
    "file_id", ["..%2Fstore.db", "%2Fetc%2Fhostname", "rec-1%00", "%F0%9F%A6%86", "x" * 4000]
)
async def test_hostile_ids_are_absent_ones(api: Api, file_id: str) -> None:
    await _kept(api)
    await api.expect(404, "GET", f"/v1/files/{file_id}")


async def test_a_recording_is_forgotten(api: Api) -> None:
    recording = await _kept(api)
    assert await api.store.medium("rec-1") is not None
    gone = await forget_recording(api.store, api.files, recording)
    assert not (api.directory / "recordings" / "rec-1.wav").exists()
    assert await api.store.recording(APPLICATION, "rec-1") == gone
    assert await api.store.medium("rec-1") is None
    await api.expect(404, "GET", URL)
    await forget_recording(api.store, api.files, gone)


async def test_a_transcript_is_a_file_too(api: Api) -> None:
    path = api.directory / "recordings" / "text.json"
    path.write_bytes(b"{}")
    transcript = msgspec.structs.replace(
        records.recording("rec-1", records.CREATED),
        application_id=APPLICATION,
        path=str(path),
        format="json",
        size=2,
        transcript_of="rec-0",
    )
    await api.store.commit(Batch(recordings=[transcript]))
    headers = {"Authorization": f"Bearer {api.token()}"}
    async with api.client.get(URL, headers=headers) as response:
        assert (response.status, await response.read()) == (200, b"{}")
        assert response.content_type == "application/json"
        assert 'filename="rec-1.json"' in response.headers["Content-Disposition"]
