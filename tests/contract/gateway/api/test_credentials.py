"""The door for accounts: what it costs, what it remembers, and what it forgets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.api import credentials
from gateway.api.credentials import MAX_KEY, MAX_SECRET, Credentials
from gateway.errors import Throttled, Unauthorized
from gateway.hashing import Hashed, is_secret
from gateway.resources.accounts import MAX_SECRETS
from gateway.store.sqlite import SqliteStore
from tests.support.api import API_KEY, API_SECRET, HASH_COST, OTHER_KEY, OTHER_SECRET, account

pytestmark = pytest.mark.contract


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(tmp_path / "store.db", synchronous="NORMAL")
    await opened.create_account(account(API_KEY, API_SECRET))
    yield opened
    await opened.close()


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The secrets that were hashed to be compared."""
    seen: list[str] = []

    def note(secret: str, hashed: Hashed) -> bool:
        seen.append(secret)
        return is_secret(secret, hashed)

    monkeypatch.setattr(credentials, "is_secret", note)
    return seen


def fields(key: str, secret: str) -> dict[str, str]:
    return {"api_key": key, "api_secret": secret}


async def test_who_came_in_is_remembered(store: SqliteStore, hashed: list[str]) -> None:
    door = Credentials(store, HASH_COST)
    for _ in range(3):
        assert await door.account_of(None, fields(API_KEY, API_SECRET)) == API_KEY
    assert hashed == [API_SECRET] * MAX_SECRETS


async def test_an_unknown_key_costs_what_a_wrong_secret_does(store: SqliteStore, hashed: list[str]) -> None:
    door = Credentials(store, HASH_COST)
    for key in (API_KEY, "nobody99"):
        hashed.clear()
        with pytest.raises(Unauthorized):
            await door.account_of(None, fields(key, "Wrong4Horse"))
        assert len(hashed) == MAX_SECRETS
    assert len(door) == 0


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("", API_SECRET),
        (API_KEY, ""),
        ("k" * (MAX_KEY + 1), API_SECRET),
        (API_KEY, "s" * (MAX_SECRET + 1)),
        (API_KEY, "line\nbreak"),
    ],
)
async def test_what_cannot_be_right_is_not_hashed(
    store: SqliteStore, hashed: list[str], key: str, secret: str
) -> None:
    with pytest.raises(Unauthorized):
        await Credentials(store, HASH_COST).account_of(None, fields(key, secret))
    assert hashed == []


async def test_a_secret_that_is_gone_opens_nothing_although_it_was_remembered(store: SqliteStore) -> None:
    door = Credentials(store, HASH_COST)
    await door.account_of(None, fields(API_KEY, API_SECRET))
    revoked = msgspec.structs.replace(account(API_KEY, API_SECRET), secrets=())
    await store.save_account(revoked)
    with pytest.raises(Unauthorized):
        await door.account_of(None, fields(API_KEY, API_SECRET))
    await store.delete_account(API_KEY)
    with pytest.raises(Unauthorized):
        await door.account_of(None, fields(API_KEY, API_SECRET))


async def test_what_is_remembered_is_bounded(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "MAX_REMEMBERED", 1)
    await store.create_account(account(OTHER_KEY, OTHER_SECRET))
    door = Credentials(store, HASH_COST)
    for _ in range(2):
        await door.account_of(None, fields(API_KEY, API_SECRET))
        await door.account_of(None, fields(OTHER_KEY, OTHER_SECRET))
        assert len(door) == 1


async def test_a_flood_of_wrong_secrets_is_turned_away_but_who_is_known_comes_in(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "MAX_WAITING", 3)
    door = Credentials(store, HASH_COST)
    await door.account_of(None, fields(API_KEY, API_SECRET))
    flood = [door.account_of(None, fields(API_KEY, f"Wrong{n}Horse")) for n in range(20)]
    *refused, known = await asyncio.gather(
        *flood, door.account_of(None, fields(API_KEY, API_SECRET)), return_exceptions=True
    )
    assert {type(error) for error in refused} == {Throttled, Unauthorized}
    assert known == API_KEY
