"""Media API: uploads, what is said of them, and who may download them how often."""

import base64
import errno
from typing import Any, BinaryIO

import msgspec
import pytest
from aiohttp import FormData, MultipartWriter
from yarl import URL

from gateway.files import door, media
from gateway.files.door import Files
from gateway.store.records import Batch
from tests.support import records
from tests.support.api import API_KEY, API_SECRET, APPLICATION, NEIGHBOUR, OTHER_KEY, OTHER_SECRET, Api

pytestmark = pytest.mark.contract

CONTENT = b"RIFF....WAVE" * 1000


def _basic(key: str = API_KEY, secret: str = API_SECRET) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()}


def _form(content: bytes = CONTENT, name: str = "hello.wav", **fields: str) -> FormData:
    form = FormData()
    form.add_field("filedata", content, filename=name, content_type="audio/wav")
    for field, text in fields.items():
        form.add_field(field, text)
    return form


async def _upload(api: Api, form: FormData | None = None, headers: dict[str, str] | None = None) -> str:
    async with api.client.post("/v3/media", data=form or _form(), headers=headers or _basic()) as response:
        assert response.status == 201, await response.text()
        location = response.headers["Location"]
        assert location.endswith((await response.json())["id"])
        return location.rpartition("/")[2]


async def _get(api: Api, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    async with api.client.get(path, headers=_basic() if headers is None else headers) as response:
        return response.status, await response.json()


async def _refused(api: Api, form: Any, status: int) -> Any:  # noqa: ANN401
    async with api.client.post("/v3/media", data=form, headers=_basic()) as response:
        assert response.status == status, await response.text()
        assert not list((api.directory / "media").iterdir())
        return await response.json()


@pytest.mark.endpoint("POST /v3/media", "GET /v3/media/{id}")
async def test_an_upload_comes_back(api: Api) -> None:
    media_id = await _upload(api, _form(title="Hello", public="false", max_downloads_allowed="7"))
    status, info = await _get(api, f"/v3/media/{media_id}/info")
    assert status == 200
    assert info == {
        "id": media_id,
        "original_file_name": "hello.wav",
        "mime_type": "audio/wav",
        "account_id": API_KEY,
        "store_id": "local",
        "max_downloads_allowed": 7,
        "times_downloaded": 0,
        "etag": info["etag"],
        "media_size": len(CONTENT),
        "time_created": "2020-09-13T12:26:40.000Z",
        "time_last_updated": "2020-09-13T12:26:40.000Z",
        "public": False,
        "title": "Hello",
        "description": "",
        "metadata_primary": "",
        "metadata_secondary": "",
    }
    async with api.client.get(f"/v3/media/{media_id}", headers=_basic()) as response:
        assert (response.status, response.content_type) == (200, "audio/wav")
        assert response.headers["ETag"] == f'"{info["etag"]}"'
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert await response.read() == CONTENT
    range_ = {**_basic(), "Range": "bytes=0-3"}
    async with api.client.get(f"/v3/media/{media_id}", headers=range_) as response:
        assert (response.status, await response.read()) == (206, b"RIFF")


@pytest.mark.endpoint("GET /v3/media/{id}/info")
async def test_info_of_an_upload_as_json(api: Api) -> None:
    media_id = await _upload(api, _form(info='{"title": "Hello", "public": true, "metadata_primary": "a,b"}'))
    _, info = await _get(api, f"/v3/media/{media_id}/info")
    assert (info["title"], info["public"], info["metadata_primary"]) == ("Hello", True, "a,b")


async def test_credentials_in_the_query(api: Api) -> None:
    media_id = await _upload(api)
    query = f"?api_key={API_KEY}&api_secret={API_SECRET}"
    assert (await _get(api, f"/v3/media/{media_id}/info{query}", {}))[0] == 200
    assert (await _get(api, f"/v3/media/{media_id}/info?api_key={API_KEY}&api_secret=no", {}))[0] == 401
    assert (await _get(api, "/v3/media", {}))[0] == 401


@pytest.mark.endpoint("PUT /v3/media/{id}/info")
async def test_a_description_is_changed(api: Api) -> None:
    media_id = await _upload(api)
    path = f"/v3/media/{media_id}/info"
    form = MultipartWriter("form-data")
    for name, text in {"public": "true", "title": "Grüße", "max_downloads_allowed": "3"}.items():
        form.append(text).set_content_disposition("form-data", name=name)
    async with api.client.put(path, data=form, headers=_basic()) as response:
        assert response.status == 204, await response.text()
    _, info = await _get(api, path)
    assert (info["public"], info["title"], info["max_downloads_allowed"]) == (True, "Grüße", 3)
    change = {"public": False, "mime_type": "audio/mpeg", "max_downloads_allowed": None}
    async with api.client.put(path, json=change, headers=_basic()) as response:
        assert response.status == 204, await response.text()
    _, info = await _get(api, path)
    assert (info["public"], info["title"], info["mime_type"]) == (False, "Grüße", "audio/mpeg")
    assert "max_downloads_allowed" not in info


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"public": "yes"}, "public"),
        ({"title": 5}, "title"),
        ({"title": "x" * 2049}, "title"),
        ({"mime_type": "text/html\r\nX-Evil: 1"}, "mime_type"),
        ({"max_downloads_allowed": -1}, "max_downloads_allowed"),
    ],
)
async def test_a_wrong_description(api: Api, change: dict[str, object], field: str) -> None:
    media_id = await _upload(api)
    async with api.client.put(f"/v3/media/{media_id}/info", json=change, headers=_basic()) as response:
        assert response.status == 400
        assert (await response.json())["invalid_parameters"][0]["name"] == field


async def test_what_is_public_needs_no_credentials(api: Api) -> None:
    media_id = await _upload(api)
    assert (await _get(api, f"/v3/media/{media_id}", {}))[0] == 404
    async with api.client.put(
        f"/v3/media/{media_id}/info", json={"public": True}, headers=_basic()
    ) as response:
        assert response.status == 204
    async with api.client.get(f"/v3/media/{media_id}") as response:
        assert (response.status, await response.read()) == (200, CONTENT)
    assert (await _get(api, f"/v3/media/{media_id}/info", {}))[0] == 401


async def test_downloads_are_counted_and_end(api: Api) -> None:
    media_id = await _upload(api, _form(max_downloads_allowed="2"))
    path = f"/v3/media/{media_id}"
    async with api.client.head(path, headers=_basic()) as response:
        assert (response.status, response.headers["Content-Length"]) == (200, str(len(CONTENT)))
    for status in (200, 200, 404):
        async with api.client.get(path, headers=_basic()) as response:
            assert response.status == status
    assert (await _get(api, f"{path}/info"))[1]["times_downloaded"] == 2


async def test_a_limit_below_what_was_downloaded_ends_downloads(api: Api) -> None:
    media_id = await _upload(api)
    path = f"/v3/media/{media_id}"

    async def download() -> int:
        async with api.client.get(path, headers=_basic()) as response:
            return response.status

    assert [await download() for _ in range(3)] == [200, 200, 200]
    limit = {"max_downloads_allowed": 1}
    async with api.client.put(f"{path}/info", json=limit, headers=_basic()) as response:
        assert response.status == 204
    assert await download() == 404


async def test_accounts_and_applications_are_apart(api: Api) -> None:
    own = await _upload(api)
    of_application = await _upload(api, headers={"Authorization": f"Bearer {api.token()}"})
    token = {"Authorization": f"Bearer {api.token()}"}
    foreign = {"Authorization": f"Bearer {api.token(NEIGHBOUR)}"}
    for headers, seen in (
        (_basic(), [of_application, own]),
        (token, [of_application]),
        (foreign, []),
        (_basic(OTHER_KEY, OTHER_SECRET), []),
    ):
        _, body = await _get(api, "/v3/media", headers)
        assert [row["id"] for row in body["_embedded"]["media"]] == seen
        for media_id in {own, of_application} - set(seen):
            absent = (await _get(api, "/v3/media/absent/info", headers))[1]
            status, body = await _get(api, f"/v3/media/{media_id}/info", headers)
            assert (status, {**body, "instance": ""}) == (404, {**absent, "instance": ""})
            assert (await _get(api, f"/v3/media/{media_id}", headers))[0] == 404
            async with api.client.delete(f"/v3/media/{media_id}", headers=headers) as response:
                assert response.status == 404
            async with api.client.put(f"/v3/media/{media_id}/info", json={}, headers=headers) as response:
                assert response.status == 404


@pytest.mark.endpoint("GET /v3/media")
async def test_a_list_in_pages(api: Api) -> None:
    ids = []
    for number in range(5):
        ids.append(await _upload(api, _form(name=f"{number}.wav")))
        api.clock.advance(60)
    path, found = "/v3/media?page_size=2", []
    while path:
        _, body = await _get(api, path)
        assert body["count"] == 5
        found += [row["id"] for row in body["_embedded"]["media"]]
        path = body["_links"].get("next", {}).get("href")
    assert found == ids[::-1]
    _, body = await _get(api, "/v3/media?order=ascending&page_index=1&page_size=2")
    assert [row["id"] for row in body["_embedded"]["media"]] == ids[2:4]
    assert (body["page_index"], body["page_size"]) == (1, 2)
    assert URL(body["_links"]["last"]["href"]).query["page_index"] == "2"
    start, end = "2020-09-13T12:27:40.000Z", "2020-09-13T12:28:40.000Z"
    _, body = await _get(api, f"/v3/media?start_time={start}&end_time={end}")
    assert [row["id"] for row in body["_embedded"]["media"]] == ids[2:0:-1]
    assert (await _get(api, "/v3/media?order=up"))[0] == 400
    assert (await _get(api, "/v3/media?start_time=noon"))[0] == 400


async def test_a_list_goes_back_a_week(api: Api) -> None:
    old = await _upload(api)
    api.clock.advance(8 * 24 * 3600)
    assert (await _get(api, "/v3/media"))[1]["count"] == 0
    _, body = await _get(api, "/v3/media?start_time=2020-09-01T00:00:00Z")
    assert [row["id"] for row in body["_embedded"]["media"]] == [old]


@pytest.mark.endpoint("DELETE /v3/media/{id}")
async def test_an_upload_is_deleted(api: Api) -> None:
    media_id = await _upload(api)
    path = f"/v3/media/{media_id}"
    async with api.client.delete(path, headers=_basic()) as response:
        assert response.status == 204
    assert not list((api.directory / "media").iterdir())
    for gone in (path, f"{path}/info"):
        assert (await _get(api, gone))[0] == 404
    async with api.client.delete(path, headers=_basic()) as response:
        assert response.status == 404


async def test_a_recording_is_a_file_of_its_account(api: Api) -> None:
    (api.directory / "recordings" / "rec-1.mp3").write_bytes(CONTENT)
    running = msgspec.structs.replace(
        records.recording("rec-1"), application_id=APPLICATION, path="recordings/rec-1.mp3", format="mp3"
    )
    ended = msgspec.structs.replace(running, end_time="2020-09-13T12:00:00.000Z", size=len(CONTENT))
    await api.store.commit(Batch(recordings=[running]))
    assert (await _get(api, "/v3/media"))[1]["count"] == 0
    await api.store.commit(Batch(recordings=[ended]))
    _, body = await _get(api, "/v3/media")
    (row,) = body["_embedded"]["media"]
    assert (row["id"], row["mime_type"], row["original_file_name"]) == ("rec-1", "audio/mpeg", "rec-1.mp3")
    async with api.client.put("/v3/media/rec-1/info", json={"title": "A call"}, headers=_basic()) as response:
        assert response.status == 204
    await api.store.commit(Batch(recordings=[ended]))
    assert (await _get(api, "/v3/media/rec-1/info"))[1]["title"] == "A call"
    assert (await _get(api, "/v3/media/rec-1/info", _basic(OTHER_KEY, OTHER_SECRET)))[0] == 404
    async with api.client.delete("/v3/media/rec-1", headers=_basic()) as response:
        assert response.status == 204
    assert not (api.directory / "recordings" / "rec-1.mp3").exists()
    await api.expect(404, "GET", "/v1/files/rec-1")


async def test_an_upload_that_is_too_large(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_UPLOAD", len(CONTENT) - 1)
    body = await _refused(api, _form(), 413)
    assert body["title"] == "Payload Too Large."


async def test_an_upload_when_the_disk_is_full(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: BinaryIO) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(door, "_flush", full)
    body = await _refused(api, _form(), 503)
    assert body["detail"] == "There is no room for the file."


async def test_uploads_that_are_none(api: Api) -> None:
    form = FormData()
    form.add_field("title", "no file")
    form.add_field("filename", "x", filename="x")
    assert (await _refused(api, form, 400))["invalid_parameters"][0]["name"] == "filedata"
    twice = _form()
    twice.add_field("filedata", b"again", filename="again.wav")
    await _refused(api, twice, 400)
    titles = _form(title="one")
    titles.add_field("title", "two")
    assert (await _refused(api, titles, 400))["invalid_parameters"] == [
        {"name": "title", "reason": "must be given once"}
    ]
    await _refused(api, _form(info="{not json"), 400)
    await _refused(api, _form(public="maybe"), 400)
    await _refused(api, _form(title="x" * 20_000), 400)
    many = _form()
    for number in range(30):
        many.add_field(f"field-{number}", "x")
    await _refused(api, many, 400)
    await _refused(api, b"no form", 415)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        b"--x\r\nContent-Disposition: form-data; name=filedata\r\n\r\nabc",
        b"junk" * 1000,
        b"\0" * 99,
    ],
)
async def test_forms_that_are_broken(api: Api, body: bytes) -> None:
    headers = {**_basic(), "Content-Type": "multipart/form-data; boundary=x"}
    async with api.client.post("/v3/media", data=body, headers=headers) as response:
        assert response.status == 400, await response.text()
    async with api.client.post(
        "/v3/media", data=body, headers={**_basic(), "Content-Type": "multipart/form-data"}
    ) as response:
        assert response.status == 400, await response.text()


async def test_names_of_uploads_are_names(api: Api) -> None:
    media_id = await _upload(api, _form(name='..\\../etc/pass"wd\u202e.wav'))
    async with api.client.get(f"/v3/media/{media_id}", headers=_basic()) as response:
        disposition = response.headers["Content-Disposition"]
    assert "/" not in disposition.replace("UTF-8''", "")
    assert disposition.count('"') == 2
    assert [each.name for each in (api.directory / "media").iterdir()] == [media_id]


async def test_what_a_killed_process_left_is_cleared_away(api: Api) -> None:
    partial = api.directory / "media" / f"{door.PARTIAL}abc"
    partial.mkdir()
    (partial / "file").write_bytes(b"half")
    Files(api.directory).prepare()
    assert not partial.exists()
