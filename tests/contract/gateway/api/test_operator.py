"""What the operator's account alone may do: other accounts, and the pool of numbers."""

import pytest
from aiohttp import FormData

from gateway.api.operator_numbers import MAX_IMPORTED
from gateway.clock import iso
from gateway.config import AccountSettings
from gateway.resources.accounts import MAX_OVERLAP_S, AccountResource
from gateway.store.records import NumberRecord
from tests.support.api import API_KEY, API_SECRET, HASH_COST, OTHER_KEY, OTHER_SECRET, Api
from tests.support.waiting import until

pytestmark = pytest.mark.contract

OTHER = {"key": OTHER_KEY, "secret": OTHER_SECRET}
ACCOUNTS = "/cordboard/accounts"
NUMBERS = "/cordboard/numbers"
GB = {"msisdn": "447700902001", "country": "gb", "features": ["SMS", "VOICE"], "cost": "1.50"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", ACCOUNTS, None),
        ("POST", ACCOUNTS, {"name": "x"}),
        ("GET", f"{ACCOUNTS}/{OTHER_KEY}", None),
        ("DELETE", f"{ACCOUNTS}/{OTHER_KEY}", None),
        ("POST", f"{ACCOUNTS}/{OTHER_KEY}/signature-secrets", {}),
        ("POST", NUMBERS, {"numbers": [GB]}),
    ],
)
async def test_others_are_not_the_operator(api: Api, method: str, path: str, body: object) -> None:
    status, answer = await api.basic(method, path, body, **OTHER)
    assert (status, answer["type"]) == (403, "https://developer.vonage.com/api-errors#forbidden")


@pytest.mark.endpoint(
    "POST /cordboard/accounts",
    "GET /cordboard/accounts",
    "GET /cordboard/accounts/{id}",
    "DELETE /cordboard/accounts/{id}",
)
async def test_an_account_is_made_used_and_deleted(api: Api) -> None:
    status, made = await api.basic("POST", ACCOUNTS, {"name": "Bakery"})
    assert (status, made["name"], made["operator"]) == (201, "Bakery", False)
    own = {"key": made["api_key"], "secret": made["api_secret"]}
    assert (await api.basic("GET", "/v2/applications", **own))[1]["total_items"] == 0
    path = f"{ACCOUNTS}/{made['api_key']}"
    shown = {name: made[name] for name in made.keys() - {"api_secret", "signature_secret"}}
    assert await api.basic("GET", path) == (200, shown)
    listed = (await api.basic("GET", f"{ACCOUNTS}?page_size=2&page=2"))[1]
    assert listed["_embedded"]["accounts"] == [shown]
    assert (await api.basic("DELETE", path)) == (204, None)
    assert (await api.basic("GET", path))[0] == 404
    assert (await api.basic("GET", "/v2/applications", **own))[0] == 401


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({}, 400, "name"),
        ({"name": "x", "api_key": "a b c d"}, 400, "api_key"),
        ({"name": "x", "api_secret": "short"}, 400, "secret"),
        ({"name": "x", "api_key": OTHER_KEY}, 409, None),
    ],
)
async def test_accounts_that_cannot_be_made(api: Api, body: object, status: int, name: str | None) -> None:
    found, answer = await api.basic("POST", ACCOUNTS, body)
    wrong = [each["name"] for each in answer.get("invalid_parameters", [])]
    assert (found, wrong) == (status, [name] if name else [])


async def test_an_account_that_owns_something_and_the_operators_own_stay(api: Api) -> None:
    assert (await api.basic("DELETE", f"{ACCOUNTS}/{OTHER_KEY}"))[0] == 409
    assert (await api.basic("DELETE", f"{ACCOUNTS}/{API_KEY}"))[0] == 403
    assert (await api.basic("DELETE", f"{ACCOUNTS}/nobody99"))[0] == 404


async def test_the_next_account_of_a_key_finds_nothing_of_the_one_before(api: Api) -> None:
    wanted = {"name": "Bakery", "api_key": "eeeeffff", "api_secret": "Correct4Horse"}
    own, path = {"key": wanted["api_key"], "secret": wanted["api_secret"]}, f"{ACCOUNTS}/eeeeffff"
    await api.basic("POST", ACCOUNTS, wanted)
    form = FormData()
    form.add_field("filedata", b"a secret of the bakery", filename="secret.txt")
    auth = {"Authorization": api.basic_header(**own)}
    assert (await api.ask("POST", "/v3/media", data=form, headers=auth))[0] == 201
    order = {"product": "VOICE-CALL", "account_id": "eeeeffff", "date_end": "2099-01-01T00:00:00Z"}
    assert (await api.basic("POST", "/v2/reports", order, **own))[0] == 200
    await until(lambda: not api.reports._tasks, "the end of the report")

    status, answer = await api.basic("DELETE", path)
    assert (status, answer["detail"]) == (409, "Account eeeeffff still has files (2).")
    media = (await api.basic("GET", "/v3/media", **own))[1]["_embedded"]["media"]
    for medium in media:
        assert (await api.basic("DELETE", f"/v3/media/{medium['id']}", **own))[0] == 204
    assert (await api.basic("DELETE", path))[0] == 204

    secret = "Battery5Staple"
    assert (await api.basic("POST", ACCOUNTS, {**wanted, "api_secret": secret}))[0] == 201
    next_one = {"key": "eeeeffff", "secret": secret}
    assert (await api.basic("GET", "/v3/media", **next_one))[1]["count"] == 0
    assert (await api.basic("GET", "/v2/reports?account_id=eeeeffff", **next_one))[1]["reports"] == []


@pytest.mark.endpoint("POST /cordboard/accounts/{id}/signature-secrets")
async def test_a_new_signature_secret_signs_and_the_one_before_stays_known(api: Api) -> None:
    made = (await api.basic("POST", ACCOUNTS, {"name": "Bakery"}))[1]
    rotated = [
        (await api.basic("POST", f"{ACCOUNTS}/{made['api_key']}/signature-secrets", {}))[1] for _ in range(2)
    ]
    record = await api.store.account(made["api_key"])
    assert record is not None
    assert [each.text for each in record.signature_secrets] == [
        each["signature_secret"] for each in reversed(rotated)
    ]
    assert made["signature_secret"] not in {each["signature_secret"] for each in rotated}


async def test_a_new_signature_secret_can_be_learned_before_it_signs(api: Api) -> None:
    made = (await api.basic("POST", ACCOUNTS, {"name": "Bakery"}))[1]
    path = f"{ACCOUNTS}/{made['api_key']}/signature-secrets"

    async def signing(after_s: float = 0) -> str:
        record = await api.store.account(made["api_key"])
        assert record is not None
        secret = record.signing(iso(api.clock.wall() + after_s))
        assert secret is not None
        return secret.text

    forgotten, new = [(await api.basic("POST", path, {"signs_in": 3600}))[1] for _ in range(2)]
    assert await signing() == await signing(3599) == made["signature_secret"]
    assert await signing(3600) == new["signature_secret"] != forgotten["signature_secret"]
    account = (await api.basic("GET", f"{ACCOUNTS}/{made['api_key']}"))[1]
    assert account["signature_secrets_since"] == [new["signs_from"], made["created_at"]]
    for wrong in (-1, MAX_OVERLAP_S + 1, "soon"):
        assert (await api.basic("POST", path, {"signs_in": wrong}))[0] == 400


async def test_the_configured_account_is_what_the_configuration_says(api: Api) -> None:
    accounts = AccountResource(api.store, api.clock, api.services.ids, cost=HASH_COST)

    async def opens(secret: str) -> bool:
        return (await api.basic("GET", ACCOUNTS, key=API_KEY, secret=secret))[0] == 200

    def settings(secret: str, signature: str) -> AccountSettings:
        return AccountSettings(api_key=API_KEY, api_secret=secret, signature_secret=signature)

    await accounts.configure(settings(API_SECRET, "sign 1"))
    await accounts.add_secret(API_KEY, "Correct4Horse")
    before = await accounts.read(API_KEY)
    await accounts.configure(settings(API_SECRET, "sign 1"))
    assert await accounts.read(API_KEY) == before
    rotated = await accounts.rotate_signature(API_KEY)
    await accounts.configure(settings("the new one", "sign 1"))
    assert (await accounts.read(API_KEY)).signature_secrets[0] == rotated
    assert [await opens(secret) for secret in (API_SECRET, "the new one", "Correct4Horse")] == [
        False,
        True,
        True,
    ]
    await accounts.configure(settings("the new one", "sign 2"))
    signing = [secret.text for secret in (await accounts.read(API_KEY)).signature_secrets]
    assert signing == ["sign 2", rotated.text]


async def test_who_was_the_operator_is_an_account_like_all_others(api: Api) -> None:
    accounts = AccountResource(api.store, api.clock, api.services.ids, cost=HASH_COST)
    former, new = (
        AccountSettings(api_key=key, api_secret=f"of {key}", signature_secret="sign")
        for key in ("former99", API_KEY)
    )
    await accounts.configure(former)
    await accounts.configure(new)
    listed = (await api.basic("GET", ACCOUNTS, secret=new.api_secret))[1]["_embedded"]["accounts"]
    assert {each["api_key"] for each in listed if each["operator"]} == {API_KEY}
    own = {"key": former.api_key, "secret": former.api_secret}
    assert (await api.basic("GET", "/v2/applications", **own))[0] == 200
    await accounts.add_secret(former.api_key, "Correct4Horse")
    (old, _) = (await accounts.read(former.api_key)).secrets
    await accounts.revoke_secret(former.api_key, old.id)
    assert (await api.basic("GET", "/v2/applications", **own))[0] == 401
    path = f"{ACCOUNTS}/{former.api_key}"
    assert (await api.basic("DELETE", path, secret=new.api_secret))[0] == 204


@pytest.mark.endpoint("POST /cordboard/numbers")
async def test_imported_numbers_can_be_rented_and_importing_again_changes_nothing(api: Api) -> None:
    numbers = [GB, {"msisdn": "447700900000", "country": "GB"}]
    dry = {"added": 1, "changed": 0, "unchanged": 0, "configured": 1}
    assert await api.basic("POST", NUMBERS, {"numbers": numbers, "dry_run": True}) == (200, dry)
    assert (await api.basic("GET", "/number/search?country=GB&pattern=4477009020"))[1]["count"] == 0
    assert await api.basic("POST", NUMBERS, {"numbers": numbers}) == (200, dry)
    again = {"added": 0, "changed": 0, "unchanged": 1, "configured": 1}
    assert await api.basic("POST", NUMBERS, {"numbers": numbers}) == (200, again)
    changed = {"added": 0, "changed": 1, "unchanged": 0, "configured": 0}
    assert await api.basic("POST", NUMBERS, {"numbers": [{**GB, "cost": "2"}]}) == (200, changed)
    (found,) = (await api.basic("GET", "/number/search?country=GB&features=SMS", **OTHER))[1]["numbers"]
    assert (found["msisdn"], found["features"], found["cost"]) == (GB["msisdn"], ["VOICE", "SMS"], "2")


async def test_what_is_rented_stays_so_when_its_number_is_imported_again(api: Api) -> None:
    await api.basic("POST", NUMBERS, {"numbers": [GB]})
    rented = NumberRecord(msisdn=str(GB["msisdn"]), country="GB", account=OTHER_KEY)
    await api.store.rent_number(rented)
    await api.basic("POST", NUMBERS, {"numbers": [{**GB, "type": "mobile-lvn"}]})
    assert await api.store.number(rented.msisdn) == rented
    assert (await api.basic("GET", "/number/search?country=GB&features=SMS"))[1]["count"] == 0


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"msisdn": "12"}, "numbers[1].msisdn"),
        ({"country": "GBR"}, "numbers[1].country"),
        ({"type": "fax"}, "numbers[1].type"),
        ({"features": []}, "numbers[1].features"),
        ({"features": ["FAX"]}, "numbers[1].features"),
        ({"cost": "free"}, "numbers[1].cost"),
    ],
)
async def test_one_wrong_number_keeps_all_out(api: Api, wrong: dict[str, object], name: str) -> None:
    status, answer = await api.basic("POST", NUMBERS, {"numbers": [GB, {**GB, **wrong}]})
    (found,) = answer["invalid_parameters"]
    assert (status, found["name"].startswith(name)) == (400, True)
    assert await api.store.pool_numbers([str(GB["msisdn"])]) == []


async def test_a_request_imports_only_so_many(api: Api) -> None:
    numbers = [{"msisdn": str(447700000000 + n), "country": "GB"} for n in range(MAX_IMPORTED + 1)]
    assert (await api.basic("POST", NUMBERS, {"numbers": numbers}))[0] == 400
    status, answer = await api.basic("POST", NUMBERS, {"numbers": numbers[1:]})
    assert (status, answer["added"]) == (200, MAX_IMPORTED)
