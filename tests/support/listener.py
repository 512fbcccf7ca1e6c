"""Somebody who is called without a telephone: a websocket, which answers at once and listens silently."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from gateway.demo.consumer import Consumer
from tests.support.customer import Customer
from tests.support.waiting import LIMIT_S, until

LOUD = 500
"""A sample that is no rounding of silence."""


@dataclass(frozen=True)
class Listener:
    """A call that is answered: `uuid` in conversation `conversation`."""

    uuid: str
    conversation: str
    consumer: Consumer

    @classmethod
    @asynccontextmanager
    async def called_by(cls, customer: Customer) -> AsyncIterator[Self]:
        """Have the gateway call it into a conversation of its own; hang up at the end."""
        consumer = Consumer(tone_hz=0)
        await consumer.start()
        try:
            endpoint = {"type": "websocket", "uri": consumer.url, "content-type": "audio/l16;rate=16000"}
            stay = [{"action": "conversation", "name": consumer.url}]
            uuid = await customer.place(to=[endpoint], ncco=stay)
            path = f"/v1/calls/{uuid}"
            async with asyncio.timeout(LIMIT_S):
                # Who has answered is still to move from the call's conversation to the named one.
                while (conversation := await _room(customer, path)).get("name") != consumer.url:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            yield cls(uuid, conversation["id"], consumer)
            rest = customer.gateway.rest
            await rest.request("PUT", path, app=customer.app, body={"action": "hangup"})
        finally:
            await consumer.stop()

    async def hears(self) -> None:
        """Return as soon as there has been something to hear."""
        await until(lambda: bool(np.any(np.abs(self.consumer.heard) > LOUD)), "something is heard")

    async def is_told(self, **fields: object) -> None:
        """Return as soon as it has got a text message with these fields."""
        await until(
            lambda: any(fields.items() <= message.items() for message in self.consumer.messages),
            f"{fields} among {self.consumer.messages}",
        )


async def _room(customer: Customer, path: str) -> dict[str, Any]:
    """The conversation that a call is in; empty while nobody has answered."""
    call = await customer.shown(path)
    if call["status"] != "answered":
        return {}
    conversation: dict[str, Any] = await customer.shown(f"/v1/conversations/{call['conversation_uuid']}")
    return conversation
