"""Paths that mean one thing to an access list and another to the router: none of them is served."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.conftest import StartGateway
from tests.support.line import Line
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.security

ALLOWED: dict[str, dict[str, object]] = {"paths": {"/*/users/**": {}}}
"""What the token may do; each target below is after the conversations of the application."""
REFUSED = (400, 403, 404)

TARGETS: dict[str, str] = {
    "plain": "/v1/conversations",
    "one conversation": "/v1/conversations/{room}",
    "dots": "/v1/users/../conversations",
    "dots behind dots": "/v1/users/x/../../conversations/{room}",
    "dot": "/v1/./conversations",
    "encoded dots": "/v1/users/%2e%2e/conversations",
    "dots encoded in capitals": "/v1/users/%2E%2E/conversations/{room}",
    "half-encoded dots": "/v1/users/.%2e/conversations",
    "twice encoded dots": "/v1/users/%252e%252e/conversations",
    "overlong dots": "/v1/users/%c0%ae%c0%ae/conversations",
    "encoded slash": "/v1/users%2f..%2fconversations",
    "encoded slash behind dots": "/v1/users/..%2fconversations",
    "slash encoded in capitals": "/v1/users/..%2Fconversations%2F{room}",
    "slash of a conversation": "/v1/conversations%2f{room}",
    "twice encoded slash": "/v1/users/..%252fconversations",
    "overlong slash": "/v1/users/..%c0%afconversations",
    "two slashes": "/v1//conversations",
    "two slashes first": "//v1/conversations",
    "two slashes and a host": "//users/v1/conversations",
    "two slashes behind users": "/v1/users//../conversations",
    "trailing slash": "/v1/conversations/",
    "trailing slashes": "/v1/conversations//",
    "trailing slash of one": "/v1/conversations/{room}/",
    "trailing dot": "/v1/conversations/.",
    "trailing encoded slash": "/v1/conversations%2f",
    "capitals": "/V1/Conversations",
    "capitals behind the version": "/v1/CONVERSATIONS/{room}",
    "encoded letter": "/v1/%63onversations",
    "encoded letters of one": "/v1/c%6Fnversations/{room}",
    "encoded version": "/%76%31/conversations",
    "semicolon": "/v1/conversations;/v1/users",
    "semicolon first": "/v1/users;/../conversations",
    "semicolon and dots": "/v1/users/..;/conversations",
    "parameter": "/v1/conversations;a=b/{room}",
    "NUL": "/v1/conversations%00",
    "NUL and users": "/v1/conversations/{room}%00/v1/users",
    "NUL before dots": "/v1/users/%00../conversations",
    "encoded line": "/v1/conversations%0d%0a",
    "backslash": "/v1/users\\..\\conversations",
    "encoded backslash": "/v1/users%5c..%5cconversations",
    "backslashes alone": "\\v1\\conversations",
    "space": "/v1/conversations%20",
    "plus": "/v1/conversations+",
    "tab": "/v1/%09conversations",
    "wide slash": "/v1/users/..\uff0fconversations",
    "wide letters": "/v1/\uff43onversations",
    "encoded wide slash": "/v1/users/..%ef%bc%8fconversations",
    "one dot leader": "/v1/users/%e2%80%a4%e2%80%a4/conversations",
    "joiner": "/v1/conver%e2%80%8dsations",
    "half a character": "/v1/users/%ed%a0%80/../../conversations",
    "unfinished encoding": "/v1/conversations%",
    "wrong encoding": "/v1/conversations%zz",
    "encoded question mark": "/v1/conversations%3f/v1/users",
    "encoded fragment": "/v1/conversations%23/v1/users",
    "query with users": "/v1/conversations?/v1/users",
    "fragment with users": "/v1/conversations#/v1/users",
    "absolute form": "http://{host}/v1/conversations",
    "absolute form with dots": "http://{host}/v1/users/../conversations",
    "absolute form with encoded dots": "http://{host}/v1/users/%2e%2e/conversations/{room}",
    "absolute form elsewhere": "http://users.example/v1/conversations",
    "absolute form with a user": "http://v1/users@{host}/v1/conversations",
    "absolute form, two slashes": "http://{host}//v1/conversations",
    "absolute form of another kind": "ftp://{host}/v1/conversations",
    "no slash": "v1/conversations",
    "asterisk": "*",
    "wild cards": "/*/conversations",
    "two wild cards": "/**",
    "encoded wild card": "/v1/%2a%2a",
}


@pytest.fixture
async def line(start_gateway: StartGateway, webhooks: WebhookApp) -> AsyncIterator[Line]:
    running = await start_gateway()
    pid = running.pid
    yield await Line.rent(running, webhooks)
    assert running.pid == pid
    assert "Traceback" not in running.words(), running.words()


async def _ask(line: Line, target: str, token: str, method: str = "GET") -> tuple[int, bytes]:
    """Status and the rest of the answer to a request line that no client library has touched."""
    reader, writer = await asyncio.open_connection("127.0.0.1", line.gateway.http_port)
    head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    try:
        async with asyncio.timeout(30):
            answer = await reader.read()
    finally:
        writer.close()
    return int(answer.split(b" ", 2)[1]), answer


async def test_no_path_leads_around_an_access_list(line: Line) -> None:
    made = await line.gateway.rest.expect(
        201, "POST", "/v1/conversations", app=line.app, body={"name": "private"}
    )
    token = line.app.token(acl=ALLOWED)
    assert (await _ask(line, "/v1/users", token))[0] == 200
    everything = line.app.token()
    for path in ("/v1/conversations", f"/v1/conversations/{made['id']}"):
        status, answer = await _ask(line, path, everything)
        assert (status, b"private" in answer) == (200, True)
    host = f"127.0.0.1:{line.gateway.http_port}"
    for name, target in TARGETS.items():
        status, answer = await _ask(line, target.format(room=made["id"], host=host), token)
        assert status in REFUSED, (name, answer)
        assert b"private" not in answer, (name, answer)


async def test_what_is_below_one_conversation_is_all_that_is_allowed(line: Line) -> None:
    rest = line.gateway.rest
    rooms = [
        (await rest.expect(201, "POST", "/v1/conversations", app=line.app, body={"name": name}))["id"]
        for name in ("open", "private")
    ]
    token = line.app.token(acl={"paths": {f"/v1/conversations/{rooms[0]}/**": {"methods": ["GET"]}}})
    assert (await _ask(line, f"/v1/conversations/{rooms[0]}", token))[0] == 200
    below = f"/v1/conversations/{rooms[0]}"
    for target in (
        f"/v1/conversations/{rooms[1]}",
        f"{below}/../{rooms[1]}",
        f"{below}/%2e%2e/{rooms[1]}",
        f"{below}/..%2f{rooms[1]}",
        f"{below}%2f..%2f{rooms[1]}",
        f"{below}/members/../../{rooms[1]}/members",
        f"{below};/../{rooms[1]}",
        f"{below}\\..\\{rooms[1]}",
        f"/v1/conversations/{rooms[0].lower()}/../{rooms[1]}",
        f"/beta/conversations/{rooms[0]}",
    ):
        status, answer = await _ask(line, target, token)
        assert status in REFUSED, (target, answer)
        assert b"private" not in answer, (target, answer)
    for method in ("DELETE", "delete", "POST", "GET,DELETE"):
        status, answer = await _ask(line, below, token, method)
        assert status in (*REFUSED, 405), (method, answer)
    await rest.expect(200, "GET", below, app=line.app)
