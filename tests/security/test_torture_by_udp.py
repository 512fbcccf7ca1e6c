"""The torture messages against a gateway that runs: each is answered as listed, and so is the next."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.gateway import RunningGateway
from tests.support.torture import Case, cases

pytestmark = [pytest.mark.security, pytest.mark.asyncio(loop_scope="module")]

DEADLINE_S = 20.0
PING = (
    b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK-ping\r\n"
    b"From: <sip:a@127.0.0.1>;tag=p\r\nTo: <sip:b@127.0.0.1>\r\nCall-ID: ping\r\nCSeq: 1 OPTIONS\r\n\r\n"
)
CASES = cases()
UNANSWERED = {"drop", "stray"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningGateway]:
    async with RunningGateway(
        tmp_path_factory.mktemp("torture"), sip={"trusted": ["127.0.0.0/8"]}
    ) as running:
        yield running


@pytest.mark.parametrize(("place", "case"), list(enumerate(CASES)), ids=map(str, CASES))
async def test_each_message_has_its_answer(gateway: RunningGateway, place: int, case: Case) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setblocking(False)
        # An address for each: refusals of earlier calls are repeated, for nobody acknowledges them.
        peer.bind((f"127.0.1.{place + 1}", 0))
        peer.connect(("127.0.0.1", gateway.sip_port))
        peer.send(case.octets)
        first = None if case.outcome in UNANSWERED else await _status(peer)
        if case.outcome == "accept":
            assert first == 100
        elif case.outcome == "register":
            assert first in {401, 403, 404}
        elif isinstance(case.outcome, int):
            assert first == case.outcome
        # Whatever it was, the next request is answered; what is repeated of an answer comes before.
        peer.send(PING)
        while await _status(peer, of=b"Call-ID: ping") != 200:
            pass


async def _status(peer: socket.socket, of: bytes = b"") -> int:
    """The status of the next response that has a line in it."""
    async with asyncio.timeout(DEADLINE_S):
        while of not in (answer := await asyncio.get_running_loop().sock_recv(peer, 65535)):
            pass
    return int(answer[len("SIP/2.0 ") :].split(b" ", 1)[0])
