"""Programmable SIP domains and their users."""

from typing import Any

import pytest

from gateway.resources import sip_domains
from gateway.routing.domains import SipDirectory
from gateway.store.records import SipContact
from tests.support.api import API_KEY, API_SECRET, APPLICATION, NEIGHBOUR, OTHER_KEY, OTHER_SECRET, Api

pytestmark = pytest.mark.contract

DOMAIN: dict[str, Any] = {
    "name": "bakery",
    "application_id": APPLICATION,
    "acl": ["192.0.2.0/24", "198.51.100.7", "2001:db8::/64"],
    "tls": "always",
    "srtp": "never",
    "digest_auth": True,
    "domain_type": "trunk",
}
USUAL = {"tls": "optional", "srtp": "optional", "digest_auth": False, "domain_type": "app"}
NEEDED = {name: DOMAIN[name] for name in ("name", "application_id", "acl")}
ANN = {"key": "ann", "secret": "sesame-open"}
CONTACT = SipContact(
    uri="sip:ann@192.0.2.7:5062",
    transport="tcp",
    remote=("2001:db8::7", 5062),
    local=("192.0.2.1", 5060),
    expires=1767225600.0,
    user_agent="desk",
    call_id="a",
    cseq=1,
)
STRANGER = {"key": OTHER_KEY, "secret": OTHER_SECRET}
ERRORS = "https://www.nexmo.com/messages/Errors"


async def _expect(api: Api, status: int, method: str, path: str, body: object = None, **who: str) -> Any:  # noqa: ANN401
    answer = await api.basic(method, f"/v1/psip{path}", body, **who)
    assert answer[0] == status, answer
    return answer[1]


def _wrong(body: dict[str, Any]) -> list[str]:
    return [each["name"] for each in body["invalid_parameters"]]


@pytest.mark.endpoint("POST /v1/psip", "GET /v1/psip", "GET /v1/psip/{id}")
async def test_a_domain_is_kept_as_it_is(api: Api) -> None:
    assert await _expect(api, 201, "POST", "", DOMAIN) == DOMAIN
    assert await _expect(api, 200, "GET", "/bakery") == DOMAIN
    second = await _expect(api, 201, "POST", "", {**NEEDED, "name": "butcher"})
    assert second == {**NEEDED, **USUAL, "name": "butcher"}
    assert await _expect(api, 200, "GET", "") == [DOMAIN, second]


async def test_a_name_has_no_case(api: Api) -> None:
    assert (await _expect(api, 201, "POST", "", {**NEEDED, "name": "Bakery"}))["name"] == "bakery"
    assert (await _expect(api, 200, "GET", "/BAKERY"))["name"] == "bakery"
    assert _wrong(await _expect(api, 422, "POST", "", {**NEEDED, "name": "BAKERY"})) == ["name"]


@pytest.mark.endpoint("PUT /v1/psip/{id}")
async def test_a_domain_is_replaced_whole_and_keeps_its_users(api: Api) -> None:
    await _expect(api, 201, "POST", "", DOMAIN)
    await _expect(api, 201, "POST", "/bakery/users", ANN)
    wanted = {**NEEDED, "acl": ["203.0.113.1"]}
    assert await _expect(api, 201, "PUT", "/bakery", wanted) == {**wanted, **USUAL}
    assert await _expect(api, 200, "GET", "/bakery") == {**wanted, **USUAL}
    assert await _expect(api, 200, "GET", "/bakery/users") == [{"key": "ann"}]
    assert _wrong(await _expect(api, 422, "PUT", "/bakery", {**NEEDED, "name": "butcher"})) == ["name"]
    await _expect(api, 404, "PUT", "/butcher", {**NEEDED, "name": "butcher"})


@pytest.mark.endpoint("DELETE /v1/psip/{id}")
async def test_a_domain_goes_with_its_users_only_when_that_is_said(api: Api) -> None:
    await _expect(api, 201, "POST", "", DOMAIN)
    await _expect(api, 201, "POST", "/bakery/users", ANN)
    refused = await _expect(api, 409, "DELETE", "/bakery")
    assert "cascade" in refused["detail"]
    await _expect(api, 409, "DELETE", "/bakery?cascade=false")
    assert await _expect(api, 200, "DELETE", "/bakery?cascade=true") is None
    await _expect(api, 404, "GET", "/bakery")
    await _expect(api, 404, "DELETE", "/bakery")
    await _expect(api, 201, "POST", "", DOMAIN)
    assert await _expect(api, 200, "GET", "/bakery/users") == []
    await _expect(api, 200, "DELETE", "/bakery")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "four"),
        ("name", "n" * 33),
        ("name", "under_score"),
        ("name", "-dashed"),
        ("name", "dashed-"),
        ("name", "two.labels"),
        ("name", "bakery\n"),
        ("name", 12345),
        ("application_id", NEIGHBOUR),
        ("application_id", "nobody's"),
        ("acl", []),
        ("acl", ["192.0.2.1"] * 17),
        ("tls", "sometimes"),
        ("srtp", "sometimes"),
        ("digest_auth", "yes"),
        ("domain_type", "conference"),
    ],
)
async def test_what_is_wrong_is_named(api: Api, field: str, value: object) -> None:
    body = await _expect(api, 422, "POST", "", {**DOMAIN, field: value})
    assert _wrong(body) == [field]
    assert body["title"] == "Unprocessable Entity-Invalid request parameters"
    assert body["type"] == f"{ERRORS}#InvalidParams"


@pytest.mark.parametrize("entry", ["", "everybody", "192.0.2.256", "192.0.2.1/33", "192.0.2.1/24", " ::1"])
async def test_an_entry_of_the_acl_is_an_address_or_a_network(api: Api, entry: str) -> None:
    assert _wrong(await _expect(api, 422, "POST", "", {**DOMAIN, "acl": ["::1", entry]})) == ["acl[1]"]


@pytest.mark.parametrize("field", NEEDED)
async def test_what_every_domain_needs(api: Api, field: str) -> None:
    body = await _expect(api, 422, "POST", "", {name: NEEDED[name] for name in NEEDED if name != field})
    assert body["detail"] == "Request lacks domain's name, acl or application id"


async def test_a_body_that_is_no_json(api: Api) -> None:
    headers = {"Authorization": api.basic_header(API_KEY, API_SECRET), "Content-Type": "application/json"}
    status, body = await api.ask("POST", "/v1/psip", data='{"name" "x"}', headers=headers)
    assert (status, body["title"]) == (400, "The request body did not contain valid JSON")
    assert body["type"] == f"{ERRORS}#InvalidParams"
    assert "delimiter" in body["detail"]


async def test_tenants_see_nothing_of_each_other_but_that_a_name_is_taken(api: Api) -> None:
    await _expect(api, 201, "POST", "", DOMAIN)
    await _expect(api, 201, "POST", "/bakery/users", ANN)
    theirs = {**NEEDED, "application_id": NEIGHBOUR}
    assert _wrong(await _expect(api, 422, "POST", "", theirs, **STRANGER)) == ["name"]
    assert await _expect(api, 200, "GET", "", **STRANGER) == []
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", theirs),
        ("DELETE", "?cascade=true", None),
        ("GET", "/users", None),
        ("POST", "/users", ANN),
        ("GET", "/users/ann", None),
        ("PUT", "/users/ann", {"secret": "stolen-word"}),
        ("DELETE", "/users/ann", None),
    ):
        foreign = await _expect(api, 404, method, f"/bakery{path}", body, **STRANGER)
        absent = await _expect(api, 404, method, f"/butcher{path}", body, **STRANGER)
        assert {**foreign, "instance": ""} == {**absent, "instance": ""}
        assert foreign["title"] == "Invalid domain selected"
    assert await _expect(api, 200, "GET", "/bakery/users/ann") == {"key": "ann"}


@pytest.mark.endpoint(
    "GET /v1/psip/{id}/users",
    "POST /v1/psip/{id}/users",
    "GET /v1/psip/{id}/users/{id}",
    "PUT /v1/psip/{id}/users/{id}",
    "DELETE /v1/psip/{id}/users/{id}",
)
async def test_users_come_and_go_and_their_secrets_are_never_shown(api: Api) -> None:
    await _expect(api, 201, "POST", "", DOMAIN)
    assert await _expect(api, 201, "POST", "/bakery/users", ANN) == {"key": "ann"}
    assert await _expect(api, 200, "GET", "/bakery/users/ann") == {"key": "ann"}
    before = api.domains.named("bakery")
    assert await _expect(api, 201, "PUT", "/bakery/users/ann", {"secret": "another-word"}) == {"key": "ann"}
    after = api.domains.named("bakery")
    assert before is not None
    assert after is not None
    assert before.users[0].sha256 != after.users[0].sha256
    assert ANN["secret"] not in repr(before)
    assert before.users[0].sha256 not in repr(before)
    assert await _expect(api, 200, "DELETE", "/bakery/users/ann") is None
    assert await _expect(api, 200, "GET", "/bakery/users") == []
    gone = await _expect(api, 404, "GET", "/bakery/users/ann")
    assert gone["title"] == "Invalid user selected"
    await _expect(api, 404, "PUT", "/bakery/users/ann", {"secret": "another-word"})
    await _expect(api, 404, "DELETE", "/bakery/users/ann")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""),
        ("key", "a b"),
        ("key", "a@b"),
        ("key", "k" * 65),
        ("secret", "short"),
        ("secret", "ü" * 8),
    ],
)
async def test_what_is_wrong_with_a_user_is_named(api: Api, field: str, value: str) -> None:
    await _expect(api, 201, "POST", "", DOMAIN)
    assert _wrong(await _expect(api, 422, "POST", "/bakery/users", {**ANN, field: value})) == [field]


async def test_a_user_keeps_its_key(api: Api) -> None:
    await _expect(api, 201, "POST", "", DOMAIN)
    await _expect(api, 201, "POST", "/bakery/users", ANN)
    assert _wrong(await _expect(api, 422, "POST", "/bakery/users", ANN)) == ["key"]
    await _expect(api, 201, "PUT", "/bakery/users/ann", ANN)
    assert _wrong(await _expect(api, 422, "PUT", "/bakery/users/ann", {**ANN, "key": "bob"})) == ["key"]


async def test_there_are_so_many_and_no_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_OF_ACCOUNT", "MAX_USERS"):
        monkeypatch.setattr(sip_domains, name, 1)
    await _expect(api, 201, "POST", "", DOMAIN)
    assert _wrong(await _expect(api, 422, "POST", "", {**DOMAIN, "name": "butcher"})) == ["name"]
    await _expect(api, 201, "POST", "/bakery/users", ANN)
    assert _wrong(await _expect(api, 422, "POST", "/bakery/users", {**ANN, "key": "bob"})) == ["key"]
    monkeypatch.setattr(sip_domains, "MAX_DOMAINS", 1)
    theirs = {**NEEDED, "name": "butcher", "application_id": NEIGHBOUR}
    await _expect(api, 503, "POST", "", theirs, **STRANGER)


@pytest.mark.endpoint("GET /v1/psip/{id}/registrations")
async def test_who_is_registered_is_listed_and_who_may_be_no_more_is_dropped(api: Api) -> None:
    await _expect(api, 201, "POST", "", DOMAIN)
    for key in ("ann", "bob", "eve"):
        await _expect(api, 201, "POST", "/bakery/users", {**ANN, "key": key})
        api.contacts.known["bakery", key] = (CONTACT,)
    shown = {
        "uri": "sip:ann@192.0.2.7:5062",
        "transport": "tcp",
        "address": "[2001:db8::7]:5062",
        "user_agent": "desk",
        "expires": "2026-01-01T00:00:00.000Z",
    }
    listed = await _expect(api, 200, "GET", "/bakery/registrations")
    assert listed == [{"key": key, "contacts": [shown]} for key in ("ann", "bob", "eve")]
    await _expect(api, 404, "GET", "/bakery/registrations", **STRANGER)
    await _expect(api, 201, "PUT", "/bakery/users/ann", {"secret": "another-word"})
    await _expect(api, 200, "DELETE", "/bakery/users/bob")
    assert [each["key"] for each in await _expect(api, 200, "GET", "/bakery/registrations")] == ["eve"]
    await _expect(api, 200, "DELETE", "/bakery?cascade=true")
    assert api.contacts.known == {}


async def test_the_door_takes_an_accounts_credentials_alone(api: Api) -> None:
    status, body = await api.send("GET", "/v1/psip")
    assert (status, body["title"]) == (401, "Invalid credentials supplied")
    assert body["detail"] == "You did not provide credentials."


async def test_domains_are_known_again_after_a_start(api: Api) -> None:
    await _expect(api, 201, "POST", "", DOMAIN)
    await _expect(api, 201, "POST", "/bakery/users", ANN)
    again = SipDirectory()
    await sip_domains.load(again, api.store)
    assert again.named("bakery") == api.domains.named("bakery")
    assert len(again) == 1


async def test_an_account_with_a_domain_stays(api: Api) -> None:
    await _expect(api, 201, "POST", "", {**NEEDED, "application_id": NEIGHBOUR}, **STRANGER)
    status, body = await api.basic("DELETE", f"/cordboard/accounts/{OTHER_KEY}")
    assert status == 409
    assert "SIP domains (1)" in body["detail"]
