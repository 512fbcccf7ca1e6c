"""Which accounts may log in to SIP, as their secrets come and go."""

import pytest

from gateway.config import AccountSettings
from gateway.legs.sip_doors import SipAccounts
from gateway.resources.accounts import AccountResource
from gateway.routing.sip_logins import SipLogins
from signalling.sip.digest import make_key
from tests.support.api import API_KEY, API_SECRET, HASH_COST, Api

pytestmark = pytest.mark.contract

REALM = "cordboard"
FIRST, SECOND = "Correct4Horse", "Battery5Staple"
OPERATOR = AccountSettings(api_key=API_KEY, api_secret=API_SECRET, signature_secret="sign")


def resource(api: Api, logins: SipLogins | None = None) -> AccountResource:
    return AccountResource(api.store, api.clock, api.services.ids, HASH_COST, logins)


async def test_secrets_open_from_their_making_to_their_end(api: Api) -> None:
    logins = SipLogins(REALM)
    accounts, seen = resource(api, logins), SipAccounts(logins)
    await accounts.create("Bakery", "bakery01", FIRST)
    first, second = (make_key("bakery01", REALM, secret) for secret in (FIRST, SECOND))
    assert dict(seen) == {"bakery01": (first,)}
    added = await accounts.add_secret("bakery01", SECOND)
    assert list(seen["bakery01"]) == [first, second]
    await accounts.revoke_secret("bakery01", (await accounts.read("bakery01")).secrets[0].id)
    assert list(seen["bakery01"]) == [second]
    assert added.sip is not None
    assert added.sip.md5 not in repr(added)
    await accounts.delete("bakery01")
    assert len(seen) == 0


async def test_a_start_knows_them_again(api: Api) -> None:
    await resource(api, SipLogins(REALM)).create("Bakery", "bakery01", FIRST)
    logins = SipLogins(REALM)
    await resource(api, logins).configure(OPERATOR)
    assert set(logins) == {"bakery01", API_KEY}


async def test_in_another_realm_only_what_the_configuration_says_is_known(api: Api) -> None:
    await resource(api, SipLogins(REALM)).create("Bakery", "bakery01", FIRST)
    await resource(api, SipLogins(REALM)).configure(OPERATOR)
    logins = SipLogins("elsewhere")
    await resource(api, logins).configure(OPERATOR)
    assert dict(SipAccounts(logins)) == {API_KEY: (make_key(API_KEY, "elsewhere", API_SECRET),)}


async def test_where_nobody_logs_in_no_fast_hash_is_kept(api: Api) -> None:
    await resource(api, SipLogins(REALM)).configure(OPERATOR)
    accounts = resource(api)
    await accounts.configure(OPERATOR)
    made = await accounts.create("Bakery", "bakery01", FIRST)
    kept = [*made.record.secrets, *(await accounts.read(API_KEY)).secrets]
    assert [secret.sip for secret in kept if secret.sip is not None] == []


async def test_the_operators_own_users_keep_their_names(api: Api) -> None:
    logins = SipLogins(REALM, {"bakery01"})
    await resource(api, logins).create("Bakery", "bakery01", FIRST)
    assert len(logins) == 0
