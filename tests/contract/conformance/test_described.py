"""The server keeps to its own description: schemathesis makes requests from it, and judges the answers."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_dict
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.api.app import ENDPOINTS
from gateway.api.openapi.document import describe
from gateway.api.openapi.operations import template
from gateway.api.replies import MULTIPART
from gateway.api.requests import Reads
from gateway.api.versions import V1, VERSIONS
from gateway.store.records import Batch
from tests.support import records
from tests.support.api import API_KEY, API_SECRET, APPLICATION, PUBLIC_URL, Api

CLIENT = "schemathesis"
pytestmark = [pytest.mark.contract, pytest.mark.asyncio(loop_scope="module")]

EXAMPLES, AGAIN = 4, 2
"""Requests for each operation and each mode, and where an earlier version has it again."""
A_REST_S = 10.0
"""After which requests may come again as fast as an operation's do."""
MAX_QUERY = 7000
"""Longer ones are refused by the HTTP server before anybody has seen them."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EARLIER = tuple(f"{version.prefix}/" for version in VERSIONS if version is not V1)
MOSTLY = st.sampled_from((True, True, True, False))
SPARE = "33333333-3333-4333-8333-333333333333"
LEG = "00000000-0000-4000-8000-000000000001"
BASIC = f"Basic {base64.b64encode(f'{API_KEY}:{API_SECRET}'.encode()).decode()}"

Operation = APIOperation[Any, Any, Any, Any]


def _operations() -> dict[str, Operation]:
    results = from_dict(describe(ENDPOINTS, PUBLIC_URL)).get_all_operations()
    return {operation.label: operation for operation in (result.ok() for result in results)}  # type: ignore[union-attr]


OPERATIONS = _operations()
READS = {
    f"{endpoint.method} {template(endpoint.path)}": endpoint.reads
    for endpoint in ENDPOINTS
    if endpoint.route.body_type != MULTIPART  # read piece by piece
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    async with Api(tmp_path_factory.mktemp("api")) as served:
        yield served


async def _world(api: Api) -> dict[str, str]:
    """Something that is there, for each variable part of a path."""
    user = (await api.expect(201, "POST", "/v1/users", {}))["id"]
    room = (await api.expect(201, "POST", "/v1/conversations", {}))["id"]
    join = {"state": "joined", "user": {"id": user}, "channel": {"type": "app"}}
    member = (await api.expect(201, "POST", f"/v1/conversations/{room}/members", join))["id"]
    spare = await api.store.application(APPLICATION)
    assert spare is not None
    await api.store.save_application(msgspec.structs.replace(spare, id=SPARE))
    await api.store.commit(Batch(legs=[records.leg(LEG, "answered", APPLICATION)]))
    return {
        "conversation_id": room,
        "user_id": user,
        "member_id": member,
        "event_id": "1",
        "leg_id": LEG,
        "uuid": LEG,
        "application_id": SPARE,
        "api_key": API_KEY,
    }


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.endpoint(name), id=name) for name in OPERATIONS]
)
async def test_an_operation_is_as_described(api: Api, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever is throttled is not read; the clock stands still otherwise.
    api.clock.advance(A_REST_S)
    read = _noting(monkeypatch)
    operation = OPERATIONS[name]
    world = await _world(api) if "{" in name else {}
    address = str(api.client.make_url(""))
    known = (operation, world, address, _credentials(api, operation))
    await asyncio.to_thread(_try, GenerationMode.POSITIVE, *known)
    with suppress(Unsatisfiable):  # where nothing is read, nothing wrong can be sent
        await asyncio.to_thread(_try, GenerationMode.NEGATIVE, *known)
    reads = READS.get(name, Reads())
    assert [model for model in (reads.body, reads.query) if model is not None and model not in read] == []


def _noting(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What handlers read from now on."""
    read: list[Any] = []
    check = Reads.check

    def note(self: Reads, declared: Any, model: Any) -> None:  # noqa: ANN401
        check(self, declared, model)
        read.append(model)

    monkeypatch.setattr(Reads, "check", note)
    return read


def _credentials(api: Api, operation: Operation) -> str:
    ways = operation.definition.raw["security"]
    return BASIC if any("basic" in way for way in ways) else f"Bearer {api.token()}"


def _try(
    mode: GenerationMode, operation: Operation, world: dict[str, str], address: str, credentials: str
) -> None:
    @settings(
        max_examples=AGAIN if operation.path.startswith(EARLIER) else EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_there=MOSTLY)
    def check(case: Case[Any], is_there: bool) -> None:
        if is_there:
            known = {name: world[name] for name in case.path_parameters if name in world}
            case.path_parameters.update(known)
        assume(len(urlencode(case.query, doseq=True)) < MAX_QUERY)
        response = case.call(base_url=address, headers={"Authorization": credentials})
        case.validate_response(response, checks=CHECKS)

    check()
