"""SIP over TLS on loopback: versions, certificates of both sides, and handshakes that do not end."""

import asyncio
import contextlib
import ssl
import warnings
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
import uvloop

from signalling.io import patience
from signalling.io.tls import TlsFiles
from tests.support.doors import HOST, Doors, doors, is_cut_off, tls_files, until_cut_off
from tests.support.sip_script import SDP, Says
from tests.support.tls import Certificate
from tests.support.waiting import until

pytestmark = pytest.mark.contract

INVITE = bytes(Says(body=SDP))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[TlsFiles, Certificate]:
    return tls_files(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def door(files: tuple[TlsFiles, Certificate]) -> AsyncIterator[Doors]:
    async with doors("tls", tls=files[0]) as opened:
        yield opened


def trusting(files: tuple[TlsFiles, Certificate]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(files[1].authority))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_is_served(
    door: Doors, files: tuple[TlsFiles, Certificate], version: ssl.TLSVersion
) -> None:
    context = trusting(files)
    context.minimum_version = context.maximum_version = version
    reader, writer = await asyncio.open_connection(*door.at("tls"), ssl=context)
    writer.write(INVITE)
    data, flow = await door.user.message()
    assert (data, flow.transport, flow.remote[0]) == (INVITE, "tls", HOST)
    door.send(flow, b"answer")
    assert await reader.readexactly(6) == b"answer"
    writer.close()
    assert await door.user.end() == flow


def test_two_of_us_talk_in_uvloop(files: tuple[TlsFiles, Certificate]) -> None:
    async def talk() -> bytes:
        async with doors("tls", tls=files[0]) as near, doors("tls", tls=files[0]) as far:
            near.send(near.towards("tls", far.at("tls"), "localhost"), INVITE)
            _, flow = await far.user.message()
            far.send(flow, INVITE)
            data, _ = await near.user.message()
            return data

    assert uvloop.run(talk()) == INVITE


async def test_old_versions_are_refused(door: Doors, files: tuple[TlsFiles, Certificate]) -> None:
    context = trusting(files)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection(*door.at("tls"), ssl=context)
    await until(lambda: len(door.connections) == 0, "nothing left open")


@pytest.mark.parametrize("octets", [b"", INVITE, b"\x16\x03\x01\x02\x00"], ids=["silent", "plain", "half"])
async def test_a_handshake_that_does_not_end_is_cut_off(
    door: Doors, monkeypatch: pytest.MonkeyPatch, octets: bytes
) -> None:
    monkeypatch.setattr(patience, "HANDSHAKE_TIMEOUT_S", 0.3)
    reader, writer = await asyncio.open_connection(*door.at("tls"))
    writer.write(octets)
    await until_cut_off(reader)  # perhaps after an alert
    await until(lambda: len(door.connections) == 0, "nothing left open")
    assert door.user.received.empty()
    writer.close()


async def test_handshakes_count_as_connections(door: Doors) -> None:
    held = [await asyncio.open_connection(*door.at("tls")) for _ in range(64)]
    await until(lambda: len(door.connections) == 64, "the table full")
    reader, writer = await asyncio.open_connection(*door.at("tls"))
    assert await is_cut_off(reader)
    for _, closing in [*held, (reader, writer)]:
        closing.close()


@pytest.mark.parametrize(("name", "is_reached"), [("localhost", True), ("", True), ("other.example", False)])
async def test_a_server_must_have_the_name_that_was_called(
    door: Doors, files: tuple[TlsFiles, Certificate], name: str, is_reached: bool
) -> None:
    async with doors("tls", tls=files[0]) as caller:
        flow = caller.towards("tls", door.at("tls"), name)
        caller.send(flow, INVITE)
        if is_reached:
            assert (await door.user.message())[0] == INVITE
        else:
            assert await caller.user.end() == flow
            assert door.user.received.empty()


async def test_a_server_that_nobody_vouches_for_is_called_only_without_verification(
    door: Doors, files: tuple[TlsFiles, Certificate]
) -> None:
    unknown = replace(files[0], authority="")
    async with doors("tls", tls=unknown) as strict:
        flow = strict.towards("tls", door.at("tls"))
        strict.send(flow, INVITE)
        assert await strict.user.end() == flow
    async with doors("tls", tls=replace(unknown, verify=False)) as lenient:
        lenient.send(lenient.towards("tls", door.at("tls"), "other.example"), INVITE)
        assert (await door.user.message())[0] == INVITE


async def is_turned_away(door: Doors, context: ssl.SSLContext) -> bool:
    """Whether the door ends the connection, as TLS 1.3 does after the client's side of the handshake."""
    try:
        reader, writer = await asyncio.open_connection(*door.at("tls"), ssl=context)
        with contextlib.closing(writer):
            writer.write(INVITE)
            async with asyncio.timeout(20):
                return await reader.read() == b""
    except (ssl.SSLError, ConnectionError):
        return True


async def test_clients_show_a_certificate_where_one_is_asked_for(
    files: tuple[TlsFiles, Certificate], tmp_path: Path
) -> None:
    asking = replace(files[0], client_authority=str(files[1].authority))
    async with doors("tls", tls=asking) as door:
        async with doors("tls", tls=files[0]) as caller:
            caller.send(caller.towards("tls", door.at("tls")), INVITE)
            assert (await door.user.message())[0] == INVITE
        await door.user.end()
        stranger = trusting(files)
        trustme.CA().issue_cert("stranger.example").configure_cert(stranger)
        for context in (trusting(files), stranger):
            assert await is_turned_away(door, context)
        await until(lambda: len(door.connections) == 0, "nothing left open")
        assert door.user.received.empty()


async def test_one_name_does_not_ride_on_the_connection_of_another(
    door: Doors, files: tuple[TlsFiles, Certificate]
) -> None:
    async with doors("tls", tls=files[0]) as caller:
        caller.send(caller.towards("tls", door.at("tls"), "localhost"), INVITE)
        await door.user.message()
        other = caller.towards("tls", door.at("tls"), "other.example")
        caller.send(other, INVITE)
        assert await caller.user.end() == other
        assert door.user.received.empty()


async def test_files_that_do_not_fit_are_told_at_the_start(
    files: tuple[TlsFiles, Certificate], tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        async with doors("tls", tls=replace(files[0], certificate=str(tmp_path / "none.pem"))):
            pass
