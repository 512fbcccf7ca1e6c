"""What is refused before anybody looks at what it asks for, and how each family of paths says so."""

import logging
from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from aiohttp import ClientSession
from yarl import URL

from gateway.api.app import make_app
from gateway.api.body import MAX_BODY
from gateway.config import ServerSettings
from gateway.listeners import Listeners
from tests.support.api import Api

pytestmark = pytest.mark.contract

JSON = {"Content-Type": "application/json"}


async def _post(
    api: Api, path: str, data: bytes | BytesIO, headers: dict[str, str]
) -> tuple[int, dict[str, object]]:
    sent = {"Authorization": f"Bearer {api.token()}", **headers}
    async with api.client.post(path, data=data, headers=sent) as response:
        return response.status, await response.json()


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[1",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b"[" * 5000,
        b'"\\ud800"',
        b"[]",
        b"1",
        b"null",
    ],
)
async def test_a_body_that_is_no_json_object(api: Api, data: bytes) -> None:
    status, body = await _post(api, "/v1/conversations", data, JSON)
    assert (status, body["code"]) == (400, "http:error:validation-fail")
    assert body["invalid_parameters"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_body_of_another_type(api: Api, kind: str) -> None:
    status, body = await _post(api, "/v1/conversations", b"{}", {"Content-Type": kind})
    assert (status, body["code"]) == (415, "http:error:unsupported-media-type")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, br", "nonsense"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/conversations"), ("POST", "/number/buy"), ("PUT", "/v3/media/1/info")]
)
async def test_a_body_that_is_packed(api: Api, encoding: str, method: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {api.token()}", "Content-Encoding": encoding, **JSON}
    status, body = await api.ask(method, path, data=b"{}", headers=headers)
    assert status == 415
    assert encoding in str(body)


async def test_the_real_server_leaves_packed_bodies_alone_too(api: Api) -> None:
    listeners = Listeners(ServerSettings(host="127.0.0.1", port=0))
    try:
        async with listeners.serve(make_app(api.services)):
            for encoding in ("gzip", "br"):
                headers = {"Content-Encoding": encoding, **JSON}
                url = f"{listeners.http}/v1/conversations"
                async with (
                    ClientSession() as session,
                    session.post(url, data=b"{}", headers=headers) as answer,
                ):
                    assert (answer.status, (await answer.json())["code"]) == (
                        415,
                        "http:error:unsupported-media-type",
                    )
    finally:
        listeners.close()


async def test_an_encoding_that_changes_nothing(api: Api) -> None:
    headers = {**JSON, "Content-Encoding": "identity"}
    assert (await _post(api, "/v1/conversations", b"{}", headers))[0] == 201


async def test_json_by_another_name_and_no_body_at_all(api: Api) -> None:
    status, _ = await _post(api, "/v1/conversations", b"{}", {"Content-Type": "application/hal+json"})
    assert status == 201
    status, _ = await _post(api, "/v1/conversations", b"", {})
    assert status == 201


async def test_a_body_that_is_too_large(api: Api) -> None:
    data = BytesIO(b'{"name": "' + b"x" * MAX_BODY + b'"}')
    status, body = await _post(api, "/v1/conversations", data, JSON)
    assert (status, body["code"]) == (413, "http:error:payload-too-large")


async def test_a_body_without_a_length_that_is_too_large(api: Api) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 65536 + 2):
            yield b" " * 65536

    headers = {"Authorization": f"Bearer {api.token()}", **JSON}
    async with api.client.post("/v1/conversations", data=chunks(), headers=headers) as response:
        assert response.status == 413


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("application/x-www-form-urlencoded", b"\xff\xfe=\xff"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"country=GB"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"country=GB1"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=%d" % each for each in range(5000))),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        ("/", b"country=GB"),
    ],
)
async def test_a_form_that_is_none(api: Api, kind: str, data: bytes) -> None:
    status, body = await _post(api, "/number/buy", data, {"Content-Type": kind})
    assert status in (401, 413, 415, 420)
    assert body.keys() == {"error-code", "error-code-label"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/users/%00",
        "/v1/users/%ff%fe",
        "/v1/users/%ed%a0%80",
        "/v1/users/..%2f..%2fetc",
        "/v1/users/" + "x" * 4000,
        "/v1/calls/%00",
        "/v1/files/..%2f..%2fetc%2fpasswd",
        "/v1/conversations/%00/events/1",
    ],
)
async def test_an_id_that_is_none(api: Api, path: str) -> None:
    await api.expect(404, "GET", URL(path, encoded=True))


async def test_nothing_is_there(api: Api) -> None:
    body = await api.expect(404, "GET", "/v1/nothing")
    assert (body["code"], body["title"]) == ("http:error:not-found", "Not found.")
    body = await api.expect(404, "GET", "/beta/nothing")
    assert body["description"] == body["detail"]
    body = await api.expect(404, "GET", "/nothing")
    assert body["type"] == "https://developer.vonage.com/api-errors#not-found"


async def test_a_wrong_verb(api: Api) -> None:
    async with api.client.patch("/v1/calls", headers={"Authorization": f"Bearer {api.token()}"}) as response:
        assert response.status == 405
        assert set(response.headers["Allow"].split(",")) >= {"GET", "POST"}
        assert (await response.json())["type"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("path", "members"),
    [
        ("/v1/users/x", {"title", "type", "code", "detail", "instance"}),
        ("/v0.3/users/x", {"title", "type", "code", "detail", "instance"}),
        ("/beta/users/x", {"type", "code", "title", "detail", "description", "instance"}),
        ("/v0.1/users/x", {"type", "code", "title", "detail", "description", "instance"}),
        ("/v1/calls/x", {"type", "error_title", "title", "detail", "instance"}),
        ("/v1/files/x", {"type", "error_title", "title", "detail", "instance"}),
    ],
)
async def test_each_family_has_its_shape(api: Api, path: str, members: set[str]) -> None:
    body = await api.expect(404, "GET", path)
    assert body.keys() == members
    assert len(body["instance"]) == 32
    if path.startswith("/v1/users"):
        assert body["type"] == "https://developer.vonage.com/api/conversation#user:error:not-found"
    if path.startswith("/beta"):
        assert body["type"] == body["code"] == "user:error:not-found"


async def test_a_bug_is_logged_once_and_not_told(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(api.store, "user", broken)
    with caplog.at_level(logging.ERROR):
        body = await api.expect(500, "GET", "/v1/users/USR-1")
    assert body["code"] == "system:error:internal-error"
    assert "secret" not in str(body)
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert body["instance"] in record.getMessage()


async def test_browsers_may_ask_from_anywhere(api: Api) -> None:
    async with api.client.options("/beta/conversations") as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            assert method in response.headers["Access-Control-Allow-Methods"]
    async with api.client.get("/v1/users") as response:
        assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (401, "*")


@pytest.mark.endpoint("GET /health")
async def test_health_needs_no_credentials(api: Api) -> None:
    async with api.client.get("/health") as response:
        assert (response.status, await response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/users?page_size=1&page_size=2", "page_size"),
        ("/beta/conversations?order=asc&order=asc", "order"),
        ("/v1/calls?status=started&status=", "status"),
        ("/v3/media?api_key=a&api_key=b", "api_key"),
        ("/v2/reports?account_id=a&account_id=b", "account_id"),
        ("/v2/applications?page=1&page=2", "page"),
        ("/openapi.json?what=1&what=2", "what"),
    ],
)
async def test_parameters_that_come_twice_are_named(api: Api, path: str, name: str) -> None:
    body = await api.expect(400, "GET", path)
    assert name in body["detail"] + str(body["invalid_parameters"])
    assert "must be given once" in str(body["invalid_parameters"])
