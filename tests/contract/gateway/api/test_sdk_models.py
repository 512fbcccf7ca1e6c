"""The official SDK's models read what we answer; they require more than the documentation does."""

import pytest
from vonage_application.responses import ApplicationData, ListApplicationsResponse  # type: ignore[import-untyped]
from vonage_numbers.responses import AvailableNumber, NumbersStatus, OwnedNumber  # type: ignore[import-untyped]
from vonage_users.common import User  # type: ignore[import-untyped]
from vonage_users.responses import ListUsersResponse  # type: ignore[import-untyped]
from vonage_voice.models.responses import CallInfo, CallList, CreateCallResponse  # type: ignore[import-untyped]

from tests.support.api import API_KEY, API_SECRET, APPLICATION, Api

pytestmark = pytest.mark.contract


async def test_users(api: Api) -> None:
    created = await api.expect(201, "POST", "/v1/users", {"name": "alice", "display_name": "Alice"})
    user = User(**created)
    assert (user.name, user.link) == ("alice", created["_links"]["self"]["href"])
    users = ListUsersResponse(**await api.expect(200, "GET", "/v1/users"))
    assert [each.id for each in users.embedded.users] == [created["id"]]


async def test_calls(api: Api) -> None:
    call = {"to": [{"type": "phone", "number": "447700900001"}], "ncco": [{"action": "talk", "text": "hi"}]}
    created = CreateCallResponse(**await api.expect(201, "POST", "/v1/calls", call))
    read = CallInfo(**await api.expect(200, "GET", f"/v1/calls/{created.uuid}"))
    assert (read.uuid, read.link) == (created.uuid, f"/v1/calls/{created.uuid}")
    calls = CallList(**await api.expect(200, "GET", "/v1/calls?page_size=100"))
    assert [each.uuid for each in calls.embedded.calls] == [created.uuid]


async def test_applications(api: Api) -> None:
    _, body = await api.basic("GET", f"/v2/applications/{APPLICATION}")
    assert ApplicationData(**body).id == APPLICATION
    _, body = await api.basic("GET", "/v2/applications")
    assert [each.id for each in ListApplicationsResponse(**body).embedded.applications] == [APPLICATION]


async def test_numbers(api: Api) -> None:
    _, body = await api.basic("GET", "/number/search?country=GB")
    offer = AvailableNumber(**body["numbers"][0])
    fields = {"api_key": API_KEY, "api_secret": API_SECRET, "country": "GB", "msisdn": str(offer.msisdn)}
    async with api.client.post("/number/buy", data=fields) as response:
        assert NumbersStatus(**await response.json()).error_code == "200"
    _, body = await api.basic("GET", "/account/numbers")
    assert [OwnedNumber(**number).msisdn for number in body["numbers"]] == [offer.msisdn]
