"""Phones that talk to each other in one room, and whether they still do."""

from gateway.demo.hearing import matrix, part, read_wav
from gateway.demo.phone import Phone
from tests.conftest import StartPhone
from tests.support.hearing import assert_all_hear_each_other
from tests.support.line import Line
from tests.support.waiting import until

TONES = {"447700000101": 440, "447700000102": 660}
EVERY_S = 0.2


async def call_all(line: Line, start_phone: StartPhone) -> tuple[list[Phone], list[str]]:
    """Phones that have called and hear each other, and their legs."""
    phones = [await start_phone(name, hertz) for name, hertz in TONES.items()]
    legs = []
    for phone in phones:
        await phone.call(line.uri)
        await phone.wait("established")
        answered = await line.webhooks.wait("/event", {"from": phone.name}, status="answered")
        legs.append(answered.fields["uuid"])
    await until(lambda: all(seconds(phone) > 3 for phone in phones), "a conversation", every_s=EVERY_S)
    return phones, legs


def seconds(phone: Phone) -> float:
    """How much a phone has heard in all."""
    return len(read_wav(phone.heard)[0]) / 8000


async def assert_talking(phones: list[Phone]) -> None:
    """From now on everybody hears everybody, and nobody hears themselves."""
    before = {phone.name: seconds(phone) for phone in phones}
    await until(
        lambda: all(seconds(phone) > before[phone.name] + 4 for phone in phones),
        "more to hear",
        every_s=EVERY_S,
    )
    heard = {phone.name: part(read_wav(phone.heard)[0], before[phone.name] + 0.5) for phone in phones}
    tones = {phone.name: phone.tone_hz for phone in phones}
    assert_all_hear_each_other(matrix(heard, tones), tones)
