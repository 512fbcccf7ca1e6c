"""A process that writes logs until it is killed, and says each position once it is acknowledged."""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from gateway.store.records import Batch
from gateway.store.sqlite import SqliteStore
from tests.support import records

CONVERSATIONS = ("CON-1", "CON-2", "CON-3", "CON-4")
MAX_EVENTS = 20_000
"""Of each log in one life: the process ends by itself when nobody kills it."""


async def _write(store: SqliteStore, conversation_id: str) -> None:
    start = len(await store.log(conversation_id))
    for position in range(start + 1, start + MAX_EVENTS):
        conversation = msgspec.structs.replace(records.conversation(conversation_id), position=position)
        await store.commit(
            Batch(
                events=[records.event(conversation_id, position)],
                conversations=[conversation],
                deliveries=[records.delivery(f"{conversation_id}-{position}", order=position)],
            )
        )
        os.write(1, f"{conversation_id} {position}\n".encode())


async def _main(path: Path) -> None:
    store = await SqliteStore.open(path)
    await asyncio.gather(*(_write(store, conversation_id) for conversation_id in CONVERSATIONS))


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
