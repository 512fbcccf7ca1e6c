"""The OpenAPI description and its page say what the server does, and no more."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from gateway.api.app import ENDPOINTS, make_app
from tests.support.api import PUBLIC_URL, Api

pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]

VOID = {"meta", "input"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    async with Api(tmp_path_factory.mktemp("api")) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def document(api: Api) -> Any:  # noqa: ANN401
    async with api.client.get("/openapi.json") as response:
        assert response.content_type == "application/json"
        return await response.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(api: Api) -> tuple[str, str]:
    """Text and policy."""
    async with api.client.get("/docs") as response:
        assert response.content_type == "text/html"
        return await response.text(), response.headers["Content-Security-Policy"]


def operations(document: Any) -> dict[tuple[str, str], Any]:  # noqa: ANN401
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


@pytest.mark.endpoint("GET /openapi.json")
async def test_the_description_is_openapi_3_1(document: Any) -> None:  # noqa: ANN401
    assert document["openapi"].startswith("3.1.")
    validate(document, cls=OpenAPIV31SpecValidator)


async def test_what_is_served_is_described_and_nothing_else(api: Api, document: Any) -> None:  # noqa: ANN401
    app = make_app(api.services)
    served = {
        (route.method, re.sub(r"{(\w+):[^}]*}", r"{\1}", route.resource.canonical))
        for route in app.router.routes()
        if isinstance(route, web.ResourceRoute) and route.resource is not None
    }
    # GET routes answer HEAD by themselves; a slash at the end changes nothing; where XML is to be had, a
    # suffix of the path asks for it.
    plain = {
        (method, path.removesuffix("{slash}").removesuffix("/") or "/")
        for method, path in served
        if method != "HEAD" and "{format}" not in path
    }
    assert plain == {(method, path) for method, path in operations(document) if method != "HEAD"}


async def test_every_operation_says_what_it_answers(document: Any) -> None:  # noqa: ANN401
    assert [(each.method, each.path) for each in ENDPOINTS if each.reply is None] == []
    for which, operation in operations(document).items():
        assert operation["summary"], which
        assert min(operation["responses"]) < "400", which


async def test_the_security_that_is_described_is_asked_for(api: Api, document: Any) -> None:  # noqa: ANN401
    open_to_all = set()
    for (method, path), operation in operations(document).items():
        address = re.sub(r"{\w+}", "x", path)
        is_open = not operation["security"] or {} in operation["security"]
        open_to_all |= {path} if is_open else set()
        async with api.client.request(method, address, allow_redirects=False) as response:
            assert (response.status != 401) is is_open, path
    assert open_to_all == {"/", "/health", "/openapi.json", "/docs", "/v3/media/{media_id}"}


async def test_names_are_given_once(document: Any) -> None:  # noqa: ANN401
    names = [operation["operationId"] for operation in operations(document).values()]
    assert len(names) == len(set(names))


async def test_the_server_is_the_one_that_clients_reach(document: Any) -> None:  # noqa: ANN401
    assert document["servers"] == [{"url": PUBLIC_URL}]


class _Tree(HTMLParser):
    """What the tests ask of a page: balanced elements, where they lead, what is inline."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.inline: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            self.inline[self.open[-1]] = data


async def test_the_page_shows_every_operation(document: Any, page: tuple[str, str]) -> None:  # noqa: ANN401
    tree = _Tree(page[0])
    assert tree.open == []
    assert {operation["operationId"] for operation in operations(document).values()} <= set(tree.ids)
    assert len(tree.ids) == len(set(tree.ids))


async def test_the_page_needs_nothing_from_elsewhere(page: tuple[str, str]) -> None:
    text, policy = page
    tree = _Tree(text)
    assert [link for link in tree.links if link != "openapi.json" and link[1:] not in tree.ids] == []
    for source in tree.inline.values():
        digest = b64encode(sha256(source.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


@pytest.mark.endpoint("GET /", "GET /docs")
async def test_the_bare_address_leads_to_the_page(api: Api) -> None:
    async with api.client.get("/", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "/docs")
