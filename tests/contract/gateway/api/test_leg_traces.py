"""GET /v1/legs/{id}/trace: for the leg's application, and nobody else."""

import pytest

from gateway.store.records import Batch
from tests.support import records
from tests.support.api import APPLICATION, NEIGHBOUR, Api
from tests.support.sip_traces import message

pytestmark = pytest.mark.contract

PATH = "/v1/legs/leg-1/trace"


@pytest.mark.endpoint("GET /v1/legs/{id}/trace")
async def test_a_leg_that_lives_is_shown_as_far_as_it_got(api: Api) -> None:
    await api.store.commit(Batch(legs=[records.leg("leg-1", application_id=APPLICATION)]))
    api.services.ladders.follow("leg-1", "call-1")
    api.services.ladders.add(message())
    shown = await api.expect(200, "GET", PATH)
    assert (shown["id"], shown["status"], shown["quality"], shown["left_out"]) == ("leg-1", "started", {}, 0)
    (told,) = shown["messages"]
    assert (told["direction"], told["remote"]) == ("in", {"host": "198.51.100.7", "port": 5070})
    assert told["text"] == message().text


async def test_the_leg_of_another_application_is_absent(api: Api) -> None:
    await api.store.commit(Batch(legs=[records.leg("leg-1", application_id=NEIGHBOUR)]))
    api.services.ladders.follow("leg-1", "call-1")
    api.services.ladders.add(message())
    foreign = await api.expect(404, "GET", PATH)
    absent = await api.expect(404, "GET", "/v1/legs/leg-2/trace")
    for answer in (foreign, absent):
        answer.pop("instance", None)
    assert foreign == absent


async def test_a_leg_without_signalling_has_no_messages(api: Api) -> None:
    await api.store.commit(Batch(legs=[records.leg("leg-1", application_id=APPLICATION)]))
    assert (await api.expect(200, "GET", PATH))["messages"] == []
