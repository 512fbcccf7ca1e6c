"""Calls to SIP domains whose application is gone."""

from pathlib import Path

import pytest

from gateway.legs.line import Arrival
from gateway.store.records import SipDomainRecord
from tests.support.exchange import open_exchange
from tests.support.played import CALLER
from tests.support.waiting import until

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("domain", ["orphan", "unknown"])
async def test_a_domain_without_its_application_takes_no_calls(tmp_path: Path, domain: str) -> None:
    async with open_exchange(tmp_path) as exchange:
        exchange.equipment.domains.put(
            SipDomainRecord(
                name="orphan",
                account=exchange.application.account,
                application_id="deleted",
                acl=(),
                created="2026-01-01",
            )
        )
        leg_id = exchange.ids.uuid()
        exchange.line.up.add(leg_id)
        exchange.calls.incoming(
            Arrival(leg_id=leg_id, called="anybody", caller=CALLER, headers={}, domain=domain)
        )
        await until(lambda: leg_id in exchange.line.codes, "the refusal")
        assert exchange.line.codes[leg_id] == 404
        assert exchange.calls.find(leg_id) is None
