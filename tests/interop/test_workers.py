"""A gateway with two media workers: calls of both meet in one conversation, and one's death is its own."""

import os
import signal
from pathlib import Path

import pytest

from gateway.demo.hearing import matrix, part, read_wav
from gateway.demo.phone import Phone
from tests.conftest import StartGateway, StartPhone
from tests.support.gateway import RunningGateway
from tests.support.hearing import assert_all_hear_each_other
from tests.support.line import Line, room
from tests.support.waiting import until
from tests.support.webhook_app import WebhookApp

pytestmark = pytest.mark.interop

TONES = {"447700000101": 440, "447700000102": 660, "447700000103": 880, "447700000104": 1100}
EVERY_S = 0.2


async def test_calls_of_two_workers_meet(
    start_gateway: StartGateway,
    webhooks: WebhookApp,
    start_phone: StartPhone,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CORDBOARD_MEDIA_WORKERS", "2")
    line = await Line.rent(await start_gateway(), webhooks)
    phones: dict[str, Phone] = {}
    for name, hertz in TONES.items():
        webhooks.answer(room(f"of {name}"))
        phone = phones[name] = await start_phone(name, hertz)
        await phone.call(line.uri)
        await webhooks.wait("/event", {"from": name}, status="answered")
        if all(legs_of(worker) for worker in workers(line.gateway)):
            break
    else:
        pytest.skip("one worker has so much more headroom here that all calls go to it")
    assert len(workers(line.gateway)) == 2

    legs = {hook.fields["uuid"] for hook in webhooks.hooks if hook.fields.get("status") == "answered"}
    for leg in legs:
        destination = {"type": "ncco", "ncco": [room("of all")]}
        await line.gateway.rest.expect(
            204,
            "PUT",
            f"/v1/calls/{leg}",
            app=line.app,
            body={"action": "transfer", "destination": destination},
        )
    await until(
        lambda: sum(legs_of(worker) > 0 for worker in workers(line.gateway)) == 1,
        "all at one worker",
        every_s=EVERY_S,
    )
    await all_hear_each_other(phones)

    (busy,) = [worker for worker in workers(line.gateway) if legs_of(worker)]
    os.kill(busy, signal.SIGKILL)
    await until(
        lambda: any(legs_of(worker) for worker in workers(line.gateway)), "the next worker", every_s=EVERY_S
    )
    await all_hear_each_other(phones)
    for phone in phones.values():
        await phone.hang_up()


def workers(gateway: RunningGateway) -> list[int]:
    """The processes that serve: a spare has no engine's memory."""
    return [
        pid
        for pid, command in gateway.children().items()
        if "media.worker" in command and "memfd:cordboard-media" in Path(f"/proc/{pid}/maps").read_text()
    ]


def legs_of(worker: int) -> int:
    """How many pairs of UDP sockets a process has."""
    inodes = {line.split()[9] for line in Path(f"/proc/{worker}/net/udp").read_text().splitlines()[1:]}
    held = [str(fd.readlink()) for fd in Path(f"/proc/{worker}/fd").iterdir()]
    return sum(f"socket:[{inode}]" in held for inode in inodes) // 2


async def all_hear_each_other(phones: dict[str, Phone]) -> None:
    """From now on."""
    before = {name: seconds(phone) for name, phone in phones.items()}
    await until(
        lambda: all(seconds(phone) > before[name] + 4 for name, phone in phones.items()),
        "more to hear",
        every_s=EVERY_S,
    )
    heard = {name: part(read_wav(phone.heard)[0], before[name] + 1) for name, phone in phones.items()}
    table = matrix(heard, {name: TONES[name] for name in phones})
    assert_all_hear_each_other(table, list(phones))


def seconds(phone: Phone) -> float:
    """How much a phone has heard in all."""
    return len(read_wav(phone.heard)[0]) / 8000
