"""The official Python SDK over TLS, in a process of its own as a customer's program would be."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.hearing import is_speech_like, read_wav
from tests.conftest import StartGateway, StartPhone
from tests.support.line import Line
from tests.support.tls import Certificate, make_certificate
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop

PROGRAM_TIMEOUT_S = 60


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path / "tls")


async def run_sdk(line: Line, authority: Path, *words: str) -> Any:  # noqa: ANN401 - JSON
    """One run of the program of tests/support/vonage_program.py; what it printed."""
    key = line.gateway.directory / "private.key"
    key.write_text(line.app.private_key)
    arguments = [f"127.0.0.1:{line.gateway.tls_port}", line.app.id, str(key), *words]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.vonage_program",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "REQUESTS_CA_BUNDLE": str(authority)},
    )
    try:
        async with asyncio.timeout(PROGRAM_TIMEOUT_S):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, output
    return json.loads(output)


async def test_the_sdk_calls_reads_back_and_hangs_up(
    start_gateway: StartGateway, webhooks: WebhookApp, start_phone: StartPhone, certificate: Certificate
) -> None:
    line = await Line.rent(await start_gateway(tls=certificate), webhooks)
    ben = await start_phone("ben", 660)

    created = await run_sdk(line, certificate.authority, "create", ben.uri, line.number)
    await ben.wait("established")
    await webhooks.wait(status="answered", uuid=created["uuid"])
    call = await run_sdk(line, certificate.authority, "get", created["uuid"])
    listed = await run_sdk(line, certificate.authority, "list")
    await asyncio.sleep(4)
    await run_sdk(line, certificate.authority, "hangup", created["uuid"])
    await ben.wait("closed")
    await webhooks.wait(status="completed", uuid=created["uuid"])
    over = await run_sdk(line, certificate.authority, "get", created["uuid"])

    assert created["status"] == "started"
    assert created["direction"] == "outbound"
    assert call["status"] == "answered"
    assert call["conversation_uuid"] == created["conversation_uuid"]
    assert [each["uuid"] for each in listed] == [created["uuid"]]
    assert over["status"] == "completed"
    assert is_speech_like(read_wav(ben.heard)[0])
