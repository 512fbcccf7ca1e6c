"""Errors have the type, the title and the fields that were published; the sentences are ours."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator
from fnmatch import fnmatchcase

import pytest
import pytest_asyncio

from tests.support.api import API_KEY, API_SECRET, OTHER_KEY, OTHER_SECRET, Api
from tests.support.published import Comparison, Published

pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]

PUBLISHED = Published.load("errors").answers
TAKEN = {"name": "taken"}
WRONG = {"Authorization": "Bearer wrong"}
HTML_ALONE = {"Accept": "text/html"}
LAST_SECRET = f"/accounts/{OTHER_KEY}/secrets/secret-of-{OTHER_KEY}"

CASES: tuple[tuple[str, int, str, object, dict[str, str]], ...] = (
    ("GET /v0.3/users", 401, "/v0.3/users", None, WRONG),
    ("POST /v0.3/users", 400, "/v0.3/users", {"name": 5}, {}),
    ("POST /v0.3/users", 409, "/v0.3/users", TAKEN, {}),
    ("POST /v0.3/conversations", 400, "/v0.3/conversations", {"name": 5}, {}),
    ("POST /v0.3/conversations", 409, "/v0.3/conversations", TAKEN, {}),
    ("GET /v0.3/users/{id}", 404, "/v0.3/users/USR-x", None, {}),
    ("GET /v0.3/conversations/{id}", 404, "/v0.3/conversations/CON-x", None, {}),
    ("GET /v0.1/users", 401, "/v0.1/users", None, WRONG),
    ("POST /v0.1/users", 400, "/v0.1/users", {"name": 5}, {}),
    ("POST /v0.1/users", 409, "/v0.1/users", TAKEN, {}),
    ("GET /v0.1/conversations/{id}", 404, "/v0.1/conversations/CON-x", None, {}),
    ("GET /v1/calls", 401, "/v1/calls", None, WRONG),
    ("POST /v1/calls", 400, "/v1/calls", {}, {}),
    ("GET /v1/calls/{id}", 404, "/v1/calls/x", None, {}),
    ("GET /v2/applications", 400, "/v2/applications?page_size=0", None, {}),
    ("GET /v2/applications", 401, "/v2/applications", None, WRONG),
    ("POST /v2/applications", 400, "/v2/applications", {}, {}),
    ("POST /v2/applications", 415, "/v2/applications", "name=x", {}),
    ("PATCH /v2/applications", 405, "/v2/applications", None, {}),
    ("GET /v2/applications/{id}", 404, "/v2/applications/x", None, {}),
    ("GET /v2/applications/{id}", 406, "/v2/applications/x", None, HTML_ALONE),
    ("GET /accounts/{id}/secrets", 401, f"/accounts/{API_KEY}/secrets", None, WRONG),
    ("POST /accounts/{id}/secrets", 400, f"/accounts/{API_KEY}/secrets", {"secret": "x"}, {}),
    ("GET /accounts/{id}/secrets/{id}", 404, f"/accounts/{API_KEY}/secrets/x", None, {}),
    ("DELETE /accounts/{id}/secrets/{id}", 403, LAST_SECRET, None, {}),
    ("GET /v2/reports", 401, f"/v2/reports?account_id={API_KEY}", None, WRONG),
    ("GET /v2/reports/{id}", 404, "/v2/reports/x", None, {}),
    ("POST /v1/redact/transaction", 401, "/v1/redact/transaction", {}, WRONG),
    ("POST /v1/redact/transaction", 422, "/v1/redact/transaction", {"id": "x", "product": "sms2"}, {}),
    ("POST /v1/redact/transaction", 404, "/v1/redact/transaction", {"id": "x", "product": "voice"}, {}),
    ("GET /v1/psip/{id}", 401, "/v1/psip/bakery", None, WRONG),
    ("GET /v1/psip/{id}", 404, "/v1/psip/bakery", None, {}),
    ("POST /v1/psip", 400, "/v1/psip", "{", {"Content-Type": "application/json"}),
    ("POST /v1/psip", 422, "/v1/psip", {"name": "bakery"}, {}),
    ("DELETE /v1/psip/{id}", 404, "/v1/psip/bakery", None, {}),
    ("GET /account/numbers", 401, "/account/numbers", None, WRONG),
    ("POST /number/buy", 420, "/number/buy?country=GB&msisdn=12345", None, {}),
    ("GET /account/get-balance", 401, "/account/get-balance", None, WRONG),
)
"""Endpoint, status, address, body and headers; without headers the credentials are good."""

KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        "* /v2/reports*",
        "title is '*'",
        "a slug has one title in the common catalogue of errors, which these titles are not in",
    ),
    (
        "POST /v1/redact/transaction",
        "type is '*'",
        "the catalogue that all later APIs follow, which its other errors follow, too",
    ),
    ("POST /v1/redact/transaction", "error_title is missing", "the same"),
)
"""What is not as published, on purpose: endpoint, difference, reason."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    async with Api(tmp_path_factory.mktemp("api")) as served:
        for path in ("users", "conversations"):
            await served.expect(201, "POST", f"/v1/{path}", TAKEN)
        yield served


def _credentials(api: Api, path: str) -> str:
    if path.startswith(f"/accounts/{OTHER_KEY}"):
        return api.basic_header(OTHER_KEY, OTHER_SECRET)
    is_tenants = re.match(r"/v0\.|/v1/(users|conv|calls)", path)
    return f"Bearer {api.token()}" if is_tenants else api.basic_header(API_KEY, API_SECRET)


@pytest.mark.parametrize(
    ("endpoint", "status", "path", "body", "headers"), CASES, ids=[f"{each[0]} {each[1]}" for each in CASES]
)
async def test_an_error_is_as_published(
    api: Api, endpoint: str, status: int, path: str, body: object, headers: dict[str, str]
) -> None:
    sent = {"Authorization": _credentials(api, path), **headers}
    how = {"data": body} if isinstance(body, str) else {} if body is None else {"json": body}
    found, answer = await api.ask(endpoint.partition(" ")[0], path, headers=sent, **how)
    comparison = Comparison(endpoint)
    comparison.add({str(status): PUBLISHED[endpoint][str(status)]}, found, answer)
    assert {each for each in comparison.differences if not _is_known(endpoint, each)} == set()
    assert re.fullmatch("[0-9a-f]{32}", answer.get("instance", "0" * 32))


def _is_known(endpoint: str, difference: str) -> bool:
    return any(fnmatchcase(endpoint, where) and fnmatchcase(difference, what) for where, what, _ in KNOWN)


async def test_every_published_error_is_compared() -> None:
    compared = defaultdict(set)
    for endpoint, status, *_ in CASES:
        compared[endpoint].add(str(status))
    assert compared == {endpoint: set(statuses) for endpoint, statuses in PUBLISHED.items()}
