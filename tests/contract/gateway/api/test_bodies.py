"""What is refused before anybody looks at what it asks for, and how each family of paths says so."""

import logging
from collections.abc import AsyncIterator

import pytest
from yarl import URL

from gateway.api.body import MAX_BODY
from tests.support.api import Api

pytestmark = pytest.mark.contract

JSON = {"Content-Type": "application/json"}


async def _post(api: Api, path: str, data: bytes, headers: dict[str, str]) -> tuple[int, dict[str, object]]:
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


async def test_json_by_another_name_and_no_body_at_all(api: Api) -> None:
    status, _ = await _post(api, "/v1/conversations", b"{}", {"Content-Type": "application/hal+json"})
    assert status == 201
    status, _ = await _post(api, "/v1/conversations", b"", {})
    assert status == 201


async def test_a_body_that_is_too_large(api: Api) -> None:
    data = b'{"name": "' + b"x" * MAX_BODY + b'"}'
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
    assert status in (401, 413, 420)
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
