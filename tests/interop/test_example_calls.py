"""The examples that look at calls: phone A calls a number, the example connects phone B, both hang up."""

import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.demo.phone import Phone
from tests.conftest import StartGateway, StartPhone
from tests.support.customer import Customer
from tests.support.examples import Example, failure, settings_of
from tests.support.gateway import trunk_to
from tests.support.ports import free_ports
from tests.support.waiting import until

pytestmark = pytest.mark.interop

A, B = "447700000001", "447700900003"


@pytest.fixture
async def anna(start_phone: StartPhone) -> Phone:
    return await start_phone(A, 440)


@pytest.fixture
async def ben(start_phone: StartPhone) -> Phone:
    return await start_phone(B, 660)


@pytest.fixture
def port() -> int:
    """Where the example that answers the call listens."""
    return free_ports(1)[0]


@pytest.fixture
async def customer(start_gateway: StartGateway, ben: Phone, port: int, tmp_path: Path) -> Customer:
    """A customer whose webhooks are the example, of a gateway that reaches Ben."""
    gateway = await start_gateway(trunks=[trunk_to(ben.port, "4477009")])
    url = f"http://127.0.0.1:{port}"
    app = await gateway.rest.create_application(f"{url}/answer", f"{url}/event")
    key = tmp_path / "private.key"
    key.write_text(app.private_key)
    return Customer(gateway, app, key)


@pytest.fixture
async def answering(running: AsyncExitStack, customer: Customer, port: int) -> Example:
    settings = {"PORT": str(port), "TO": B, **settings_of(customer)}
    example = await running.enter_async_context(Example.started("call_in_progress.py", **settings))
    await example.shows("Running on")
    return example


async def test_a_call_in_progress_and_then_its_legs(
    anna: Phone, ben: Phone, customer: Customer, answering: Example
) -> None:
    assert "make a call first" in await failure("legs.py", **settings_of(customer))

    await anna.call(customer.gateway.sip_uri(await customer.rent()))
    await until(lambda: len(answering.told("leg")) == 2, "both legs are shown")
    (conversation_id,) = answering.told("conversation")
    conversation = await customer.shown(f"/v0.1/conversations/{conversation_id}")
    assert answering.told("sequence number") == ["8"] == [str(conversation["sequence_number"])]
    channels = [json.loads(channel) for channel in answering.told("JOINED")]
    assert channels == [member["channel"] for member in conversation["members"]]
    assert [channel["type"] for channel in channels] == ["phone", "phone"]
    legs = {line.split()[0] for line in answering.told("leg")}
    assert legs == {channel["id"] for channel in channels}

    await anna.hang_up()
    for direction in ("inbound", "outbound"):
        await answering.shows(f"status: {direction} completed")
    await legs_are_listed_and_one_is_deleted(customer, legs)


async def legs_are_listed_and_one_is_deleted(customer: Customer, legs: set[str]) -> None:
    async with Example.started("legs.py", **settings_of(customer)) as example:
        assert await example.status() == 0, example.printed
    assert {line.split()[0] for line in example.told("leg")} == legs
    assert {line.split(maxsplit=1)[1] for line in example.told("leg")} == {"phone completed"}
    ((deleted,), (left,)) = example.told("deleted"), example.told("left")
    listed = await customer.shown("/v0.3/legs")
    assert [leg["id"] for leg in listed["_embedded"]["legs"]] == json.loads(left)
    assert {deleted, *json.loads(left)} == legs
    assert deleted not in json.loads(left)
