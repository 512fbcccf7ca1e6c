"""Trunks while nobody calls, with SIPp as the carrier: registrations, probes, the operator's test."""

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.carriers import LIMITS, end_of_call, named, trunk, trunk_state
from tests.support.gateway import API_KEY, API_SECRET, CORDBOARD, RunningGateway
from tests.support.line import Line
from tests.support.ports import free_ports
from tests.support.sipp import Sipp, needs_sipp
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module"), needs_sipp]

LOGIN = {"register": True, "username": "me", "password": "swordfish", "realm": "carrier.example"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """A gateway whose trunks are made as they are needed."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(
            RunningGateway(tmp_path_factory.mktemp("trunk-care"), more=LIMITS)
        )
        yield await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))


def registers(carrier: Sipp) -> list[str]:
    """The REGISTERs that a carrier got."""
    return [message for message in carrier.received() if message.startswith("REGISTER")]


def expiries(requests: list[str]) -> list[str]:
    """How long each of them asks for."""
    return [text for request in requests for text in re.findall(r"^Expires: (\d+)", request, re.MULTILINE)]


async def test_a_trunk_is_registered_with_as_its_registrar_wants_it(line: Line, tmp_path: Path) -> None:
    """An aged nonce, too brief a time, a refresh in time, and the end: each with the password once."""
    async with Sipp("trunk_registrar_is_hard_to_please", tmp_path) as registrar:
        number = await trunk(line, registrar.port, register_expires_s=60, **LOGIN)
        found = await trunk_state(line, number, "registration", "registered")
        assert found["registrar_status"] == 200
        await until(lambda: len(registers(registrar)) >= 7, every_s=0.05)
        await line.gateway.rest.expect(204, "DELETE", named(number))
        await registrar.finish()
        said = registers(registrar)
        assert expiries(said) == ["60"] * 3 + ["600"] * 4 + ["0"] * 2
        assert len(set(re.findall("^Call-ID: .*$", "\n".join(said), re.MULTILINE))) == 1
        assert "swordfish" not in registrar.messages()


async def test_a_gateway_that_stops_takes_its_registrations_back(tmp_path: Path) -> None:
    async with Sipp("trunk_registrar_is_left", tmp_path) as registrar:
        carrier = {"name": "carrier", "host": "127.0.0.1", "port": registrar.port, **LOGIN}
        async with RunningGateway(tmp_path, trunks=[carrier]):
            await until(lambda: len(registers(registrar)) >= 2, every_s=0.05)
        await registrar.finish()
        assert expiries(registers(registrar)) == ["3600"] * 2 + ["0"] * 2


async def test_a_registrar_that_knows_another_password_is_told_of(line: Line, tmp_path: Path) -> None:
    async with Sipp("trunk_registrar", tmp_path) as registrar:
        number = await trunk(line, registrar.port, **{**LOGIN, "password": "wrong"})
        found = await trunk_state(line, number, "registration", "failed")
        await registrar.finish()
    assert found["registrar_status"] == 403


async def test_the_next_server_is_registered_with_when_the_first_is_in_trouble(
    line: Line, tmp_path: Path
) -> None:
    closed = {"host": "127.0.0.1", "port": free_ports(1)[0], "transport": "tcp"}
    async with Sipp("trunk_registrar", tmp_path) as registrar:
        there = {"host": "127.0.0.1", "port": registrar.port, "priority": 1}
        number = await trunk(line, targets=[there, closed], **LOGIN)
        found = await trunk_state(line, number, "registration", "registered")
        await registrar.finish()
    assert found["registrar_status"] == 200


async def test_a_server_that_answers_its_first_probe_is_known_to_be_alive(line: Line, tmp_path: Path) -> None:
    async with (
        Sipp("trunk_answers_options", tmp_path) as first,
        Sipp("trunk_answers_options", tmp_path) as second,
    ):
        number = await trunk(line, first.port, second.port, probe_s=3600)
        await trunk_state(line, number, "targets.0.health", "alive")
        await trunk_state(line, number, "targets.1.health", "alive")
        await first.finish()
        await second.finish()


async def test_a_server_that_does_not_answer_probes_gets_no_call_until_it_does(
    line: Line, tmp_path: Path
) -> None:
    async with (
        Sipp("trunk_is_out_of_order_for_a_while", tmp_path, options=("-m", "100")) as broken,
        Sipp("outbound_busy_486", tmp_path, options=("-m", "100")) as other,
    ):
        number = await trunk(line, broken.port, other.port, probe_s=5)
        health = "targets.0.health"
        await trunk_state(line, number, health, "dead")
        assert await end_of_call(line, number) == ("busy", 486)
        assert "INVITE" not in "\n".join(broken.received())
        await trunk_state(line, number, health, "alive")
        await line.create_call({"type": "phone", "number": number}, {"action": "talk", "text": "Hello."})
        await until(lambda: "INVITE" in "\n".join(broken.received()), every_s=0.05)


async def test_the_operator_asks_all_servers_of_a_trunk(line: Line, tmp_path: Path) -> None:
    async with Sipp("trunk_answers_options", tmp_path) as server:
        closed = {"host": "127.0.0.1", "port": free_ports(1)[0], "transport": "tcp"}
        there = {"host": "127.0.0.1", "port": server.port}
        number = await trunk(line, targets=[there, closed, {"host": "nobody.invalid"}], max_calls=5)
        tested = await ask(line, number)
        await server.finish()
    report = json.loads(tested.stdout)
    assert tested.returncode == 1
    first, second, third = report["servers"]
    assert (first["status"], first["reason"], first["address"]) == (200, "OK", f"127.0.0.1:{server.port}")
    assert first["time_ms"] >= 0
    assert second["status"] == 503
    assert (third["status"], third["address"]) == (0, "")
    assert ["127.0.0.1" in report["troubles"][0], "nobody.invalid" in report["troubles"][1]] == [True, True]
    assert (report["policy"]["max_calls"], report["policy"]["prefixes"]) == (5, [number[:7]])


async def test_a_server_that_says_nothing_is_told_with_what_to_do(line: Line) -> None:
    number = await trunk(line, free_ports(1)[0])
    tested = await ask(line, number)
    (trouble,) = json.loads(tested.stdout)["troubles"]
    assert "nothing was heard in 5 s. Look at its port" in trouble


async def ask(line: Line, number: str) -> subprocess.CompletedProcess[str]:
    """What `cordboard trunk test --json` says."""
    name = named(number).rpartition("/")[2]
    account = {
        "CORDBOARD_DATA_DIRECTORY": str(line.gateway.data),
        "CORDBOARD_SERVER_PUBLIC_URL": line.gateway.url,
        "CORDBOARD_ACCOUNT_API_KEY": API_KEY,
        "CORDBOARD_ACCOUNT_API_SECRET": API_SECRET,
    }
    command = [str(CORDBOARD), "trunk", "test", name, "--json"]
    return await asyncio.to_thread(
        subprocess.run, command, env=account, capture_output=True, text=True, timeout=60, check=False
    )


async def test_a_registrar_of_another_realm_gets_no_credentials(line: Line, tmp_path: Path) -> None:
    async with Sipp("trunk_registrar", tmp_path) as registrar:
        number = await trunk(line, registrar.port, **{**LOGIN, "realm": "another.example"})
        found = await trunk_state(line, number, "registration", "failed")
        assert found["registrar_status"] == 401
        assert not re.search("^(Proxy-)?Authorization:", registrar.messages(), re.MULTILINE | re.IGNORECASE)
