"""What SIP keeps in the store, on SQLite."""

import pytest

from gateway.store.queries import MAX_PAGE
from gateway.store.records import TrunkRecord
from gateway.store.sip import SipStore

pytestmark = pytest.mark.contract


async def test_a_start_knows_all_trunks_however_many_there_are(store: SipStore) -> None:
    names = [f"trunk-{number}" for number in range(MAX_PAGE + 1)]
    for name in names:
        await store.save_trunk(TrunkRecord(name=name, settings={"host": "192.0.2.1"}))
    await store.save_trunk(TrunkRecord(name=names[0], settings={"host": "192.0.2.2"}))
    await store.delete_trunk(names[1])
    found = await store.every_trunk()
    assert [trunk.name for trunk in found] == [names[0], *names[2:]]
    assert found[0].settings == {"host": "192.0.2.2"}
