"""What an operator sees of a call by SIPp: the ladder, the figures, the capture, and what Homer is told."""

import asyncio
import io
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import dpkt
import pytest
import pytest_asyncio

from tests.support.gateway import CORDBOARD, RunningGateway
from tests.support.line import Line, talk
from tests.support.rtp_party import RtpParty
from tests.support.sipp import Sipp, needs_sipp
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module"), needs_sipp]

CALLER = "447700000099"
LIMIT_S = 60
FIRST_LINES = ("INVITE", "SIP/2.0 100", "SIP/2.0 200", "ACK", "BYE", "SIP/2.0 200")


class Homer:
    """A socket that keeps what a HEP server is told."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._told: list[bytes] = []

    def told(self) -> list[bytes]:
        while True:
            try:
                self._told.append(self._socket.recv(65536))
            except BlockingIOError:
                return self._told

    def close(self) -> None:
        self._socket.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def homer() -> AsyncIterator[Homer]:
    server = Homer()
    yield server
    server.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory, homer: Homer) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        sight = {"homer": homer.address, "homer_password": "watch word"}
        directory = tmp_path_factory.mktemp("sight")
        gateway = await stack.enter_async_context(RunningGateway(directory, more={"sight": sight}))
        yield await Line.rent(gateway, await stack.enter_async_context(WebhookApp()))


async def shown(line: Line, *words: str) -> str:
    """What `cordboard leg show` says of the application's leg."""
    key = line.gateway.directory / "private.key"
    key.write_text(line.app.private_key)
    process = await asyncio.create_subprocess_exec(
        str(CORDBOARD),
        *("--config", str(line.gateway.directory / "cordboard.toml"), "leg", "show", *words),
        *("--app", line.app.id, "--keyfile", str(key)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "COLUMNS": "200"},
    )
    async with asyncio.timeout(LIMIT_S):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def called(line: Line, directory: Path, *, loses_every: int = 0) -> str:
    """The leg of a call by SIPp that is over, which spoke for two seconds."""
    line.webhooks.answer(talk())
    async with (
        RtpParty(440, loses_every=loses_every) as party,
        Sipp(
            "inbound_answered_caller_hangs_up",
            directory,
            to=f"127.0.0.1:{line.gateway.sip_port}",
            keys={"rtp_port": party.port, "caller": CALLER},
            options=("-s", line.number, "-d", "2000"),
        ) as caller,
    ):
        party.speak_to(await caller.far_rtp_port())
        await caller.finish()
    completed = await line.webhooks.wait("/event", {"from": CALLER}, status="completed")
    return str(completed.fields["uuid"])


async def test_a_call_is_seen_from_its_invite_to_its_end(line: Line, homer: Homer, tmp_path: Path) -> None:
    leg = await called(line, tmp_path)
    capture = tmp_path / "call.pcap"
    told = json.loads(await shown(line, leg, "--json", "--pcap", str(capture)))
    firsts = [message["text"].split("\r\n")[0] for message in told["messages"]]
    assert firsts[0].startswith("INVITE")
    for wanted in FIRST_LINES:
        assert any(first.startswith(wanted) for first in firsts), firsts
    assert told["quality"]["packet_cnt"] > 0
    assert 3.5 < float(told["quality"]["mos_score"]) <= 4.5
    packets = [bytes(packet) for _, packet in dpkt.pcap.Reader(io.BytesIO(capture.read_bytes()))]
    assert len(packets) == len(firsts)

    picture = await shown(line, leg)
    assert "INVITE" in picture
    assert "MOS" in picture
    await until(lambda: any(b"BYE sip:" in each for each in homer.told()), "Homer hears of the BYE")
    assert all(each.startswith(b"HEP3") and b"watch word" in each for each in homer.told())


async def test_a_peer_that_loses_packets_is_found_out(line: Line, tmp_path: Path) -> None:
    clean = json.loads(await shown(line, await called(line, tmp_path / "clean"), "--json"))["quality"]
    lossy = json.loads(await shown(line, await called(line, tmp_path / "lossy", loses_every=20), "--json"))[
        "quality"
    ]
    assert float(clean["packet_loss_perc"]) == clean["flaw_total"] == 0
    assert lossy["packet_cnt"] > 60
    # Two seconds have four or five such packets; the last may be lost after everything that came.
    assert 3 <= float(lossy["packet_loss_perc"]) <= 6.5
    assert lossy["flaw_total"] in range(3, 7)
    assert lossy["concealed_ms"] >= 20 * (lossy["flaw_total"] - 1)
    assert 3 < float(lossy["mos_score"]) < float(clean["mos_score"]) - 0.2
