"""The driver's side of the softphone, with a process that only exists on paper."""

import asyncio
import json
from pathlib import Path
from unittest import mock

import pytest

from gateway.demo import phone as phone_module
from gateway.demo.phone import Phone, PhoneError, PhoneSettings

pytestmark = pytest.mark.unit


def paper_phone(*events: tuple[str, str], over: bool = True) -> Phone:
    """A phone whose process has reported these events (name, text) and, when `over`, has ended."""
    stdout = asyncio.StreamReader()
    for name, text in events:
        stdout.feed_data(json.dumps({"name": name, "text": text, "heard_s": 0.5}).encode() + b"\n")
    if over:
        stdout.feed_eof()
    process = mock.create_autospec(asyncio.subprocess.Process, instance=True)
    process.stdin, process.stdout, process.returncode = None, stdout, 0 if over else None
    return Phone(PhoneSettings(name="anna", directory=Path("phones")), process)


async def test_each_event_is_told_once_and_by_name() -> None:
    phone = paper_phone(("ringing", ""), ("dtmf", "1"), ("dtmf", "2"), ("closed", "486 Busy Here"))

    assert (await phone.wait("closed")).text == "486 Busy Here"
    assert (await phone.wait("dtmf", text="2")).heard_s == 0.5
    assert (await phone.wait("dtmf")).text == "1"
    with pytest.raises(PhoneError, match="anna is gone"):
        await phone.wait("dtmf")


async def test_what_is_not_seen_in_time_is_told_with_what_was() -> None:
    phone = paper_phone(("ringing", "sip:ben@127.0.0.1"), over=False)

    with pytest.raises(PhoneError, match=r"no established .* ringing sip:ben@127\.0\.0\.1"):
        await phone.wait("established", timeout=0)


async def test_a_phone_that_is_gone_takes_no_orders() -> None:
    with pytest.raises(PhoneError, match="anna is gone"):
        await paper_phone().call("sip:ben@127.0.0.1")


async def test_events_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_module, "MAX_EVENTS", 3)
    phone = paper_phone(*[("dtmf", str(digit)) for digit in range(5)])

    with pytest.raises(PhoneError):
        await phone.wait("closed")
    assert [event.text for event in phone.events] == ["0", "1", "2"]
