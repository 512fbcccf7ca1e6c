"""The Account API: balance, settings and secrets."""

import pytest

from gateway.resources.accounts import MAX_SECRETS
from tests.support.api import API_KEY, API_SECRET, OTHER_KEY, OTHER_SECRET, Api

pytestmark = pytest.mark.contract

CREDENTIALS = {"api_key": API_KEY, "api_secret": API_SECRET}
OTHER = {"key": OTHER_KEY, "secret": OTHER_SECRET}
SECRETS = f"/accounts/{OTHER_KEY}/secrets"
ERRORS = "https://developer.nexmo.com/api-errors"
GOOD = "Correct4Horse"


async def test_the_balance(api: Api) -> None:
    assert await api.ask("GET", "/account/get-balance", params=CREDENTIALS) == (
        200,
        {"value": 0.0, "autoReload": False},
    )
    async with api.client.get("/account/get-balance/xml", params=CREDENTIALS) as response:
        assert (await response.text()).endswith(
            "<accountBalance><value>0.0</value><autoReload>false</autoReload></accountBalance>"
        )


async def test_there_is_nothing_to_top_up_from(api: Api) -> None:
    answer = await api.ask("POST", "/account/top-up", data={**CREDENTIALS, "trx": "8ef2447e"})
    assert answer == (401, {"error-code": "401", "error-code-label": "not auto-reload enabled"})
    assert (await api.ask("POST", "/account/top-up", data=CREDENTIALS))[0] == 420


async def test_settings_are_set_kept_and_unset(api: Api) -> None:
    limits = {"max-outbound-request": 30, "max-inbound-request": 30, "max-calls-per-second": 3}
    mo, dr = "https://app.example.test/mo", "https://app.example.test/dr"

    async def settings(**said: str) -> object:
        return await api.ask("POST", "/account/settings", data={**CREDENTIALS, **said})

    assert await settings() == (200, {"mo-callback-url": "", "dr-callback-url": "", **limits})
    both = {"mo-callback-url": mo, "dr-callback-url": dr, **limits}
    assert await settings(moCallBackUrl=mo, drCallBackUrl=dr) == (200, both)
    assert await settings() == (200, both)
    assert await settings(moCallBackUrl="") == (200, {**both, "mo-callback-url": ""})
    status, answer = await api.ask("POST", "/account/settings", data={**CREDENTIALS, "drCallBackUrl": "x"})
    assert (status, answer["error-code"]) == (420, "420")


async def test_a_second_secret_opens_the_account_until_it_is_revoked(api: Api) -> None:
    status, created = await api.basic("POST", SECRETS, {"secret": GOOD}, **OTHER)
    assert status == 201
    path = f"{SECRETS}/{created['id']}"
    assert created == {
        "_links": {"self": {"href": path}},
        "id": created["id"],
        "created_at": "2020-09-13T12:26:40.000Z",
    }
    new = {"key": OTHER_KEY, "secret": GOOD}
    assert await api.basic("GET", path, **new) == (200, created)
    status, listed = await api.basic("GET", SECRETS, **OTHER)
    assert (status, listed["_links"]) == (200, {"self": {"href": SECRETS}})
    assert listed["_embedded"]["secrets"][1] == created
    assert await api.basic("DELETE", path, **OTHER) == (204, None)
    assert (await api.basic("GET", SECRETS, **new))[0] == 401
    assert (await api.basic("GET", path, **OTHER))[0] == 404


async def test_secrets_are_rotated_without_a_gap(api: Api) -> None:
    new = {"key": OTHER_KEY, "secret": GOOD}
    old = (await api.basic("GET", SECRETS, **OTHER))[1]["_embedded"]["secrets"][0]["id"]
    await api.basic("POST", SECRETS, {"secret": GOOD}, **OTHER)
    assert await api.basic("DELETE", f"{SECRETS}/{old}", **new) == (204, None)
    assert (await api.basic("GET", "/v2/applications", **OTHER))[0] == 401
    assert (await api.basic("GET", "/v2/applications", **new))[0] == 200


async def test_an_account_has_at_most_two_secrets(api: Api) -> None:
    for number in range(1, MAX_SECRETS):
        assert (await api.basic("POST", SECRETS, {"secret": f"{GOOD}{number}"}, **OTHER))[0] == 201
    status, answer = await api.basic("POST", SECRETS, {"secret": GOOD}, **OTHER)
    assert (status, answer["type"]) == (403, f"{ERRORS}/account/secret-management#maximum-secrets-allowed")


async def test_the_last_secret_stays(api: Api) -> None:
    (only,) = (await api.basic("GET", SECRETS, **OTHER))[1]["_embedded"]["secrets"]
    status, answer = await api.basic("DELETE", f"{SECRETS}/{only['id']}", **OTHER)
    assert (status, answer["type"]) == (403, f"{ERRORS}/account/secret-management#delete-last-secret")
    assert answer["title"] == "Secret Deletion Forbidden"
    assert (await api.basic("GET", SECRETS, **OTHER))[0] == 200


async def test_the_secret_of_the_configuration_stays(api: Api) -> None:
    path = f"/accounts/{API_KEY}/secrets"
    await api.basic("POST", path, {"secret": GOOD})
    (configured, _) = (await api.basic("GET", path))[1]["_embedded"]["secrets"]
    status, answer = await api.basic("DELETE", f"{path}/{configured['id']}")
    assert (status, "configuration" in answer["detail"]) == (403, True)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("Aa1aaaa", "must be 8 to 25 printable characters of ASCII"),
        ("Aa1" + "a" * 23, "must be 8 to 25 printable characters of ASCII"),
        ("Aa1aaaa\n", "must be 8 to 25 printable characters of ASCII"),
        ("AA1AAAAA", "must hold a lower case letter"),
        ("aa1aaaaa", "must hold an upper case letter"),
        ("Aaaaaaaa", "must hold a digit"),
        (None, "must be a string"),
    ],
)
async def test_secrets_that_are_easily_guessed_are_refused(api: Api, secret: str | None, reason: str) -> None:
    status, answer = await api.basic("POST", SECRETS, {"secret": secret}, **OTHER)
    assert (status, answer["title"]) == (400, "Bad Request")
    assert answer["type"] == f"{ERRORS}/account/secret-management#validation"
    assert answer["invalid_parameters"] == [{"name": "secret", "reason": reason}]


async def test_unknown_keys_and_secrets_are_named(api: Api) -> None:
    status, answer = await api.basic("GET", "/accounts/nobody99/secrets", **OTHER)
    assert (status, answer["type"], answer["title"], answer["detail"]) == (
        404,
        f"{ERRORS}#invalid-api-key",
        "Invalid API Key",
        "API key 'nobody99' not found",
    )
    status, answer = await api.basic("GET", f"{SECRETS}/none", **OTHER)
    assert (status, answer["type"], answer["title"], answer["detail"]) == (
        404,
        f"{ERRORS}#invalid-id",
        "Invalid ID",
        "ID 'none' could not be found",
    )


async def test_the_operator_looks_after_the_secrets_of_others(api: Api) -> None:
    status, created = await api.basic("POST", SECRETS, {"secret": GOOD})
    assert status == 201
    assert (await api.basic("GET", SECRETS, key=OTHER_KEY, secret=GOOD))[0] == 200
    assert await api.basic("DELETE", f"{SECRETS}/{created['id']}") == (204, None)
    assert (await api.basic("GET", "/accounts/nobody99/secrets"))[0] == 404
