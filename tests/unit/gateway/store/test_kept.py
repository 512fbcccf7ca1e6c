"""Records in memory: never older than the last write of them."""

import asyncio

import pytest

from gateway.store.kept import MAX_KEPT, Kept

pytestmark = pytest.mark.unit


class Shelf:
    """Something to read from, which counts how often it is and can be made to take its time."""

    def __init__(self) -> None:
        self.records: dict[str, str] = {}
        self.reads = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def read(self, key: str) -> str | None:
        self.reads += 1
        found = self.records.get(key)
        await self.may_answer.wait()
        return found


async def test_what_was_found_is_read_once() -> None:
    shelf = Shelf()
    shelf.records["a"] = "old"
    kept = Kept(shelf.read)
    assert [await kept.get("a"), await kept.get("a")] == ["old", "old"]
    assert shelf.reads == 1


async def test_what_is_not_there_is_looked_for_again() -> None:
    shelf = Shelf()
    kept = Kept(shelf.read)
    assert await kept.get("a") is None
    shelf.records["a"] = "new"
    assert await kept.get("a") == "new"


@pytest.mark.parametrize("fails", [False, True])
async def test_a_write_makes_memory_forget(fails: bool) -> None:
    shelf = Shelf()
    shelf.records["a"] = "old"
    kept = Kept(shelf.read)
    assert await kept.get("a") == "old"
    try:
        async with kept.changing("a"):
            assert await kept.get("a") == "old"
            shelf.records["a"] = "new"
            if fails:
                raise OSError
    except OSError:
        pass
    assert await kept.get("a") == "new"


async def test_what_was_read_across_a_write_is_not_kept() -> None:
    shelf = Shelf()
    shelf.records["a"] = "old"
    kept = Kept(shelf.read)
    shelf.may_answer.clear()
    reading = asyncio.create_task(kept.get("a"))
    await asyncio.sleep(0)
    async with kept.changing("a"):
        shelf.records["a"] = "new"
    shelf.may_answer.set()
    assert await reading == "old"
    assert await kept.get("a") == "new"


async def test_memory_is_bounded_and_forgets_what_was_not_wanted_for_longest() -> None:
    shelf = Shelf()
    shelf.records = {str(number): "there" for number in range(MAX_KEPT + 1)}
    kept = Kept(shelf.read)
    for number in range(MAX_KEPT):
        await kept.get(str(number))
    await kept.get("0")
    await kept.get(str(MAX_KEPT))
    before = shelf.reads
    await kept.get("0")
    assert shelf.reads == before
    await kept.get("1")
    assert shelf.reads == before + 1
