"""The Application API, both versions."""

from typing import Any

import jwt
import pytest

from gateway.store.records import NumberRecord
from tests.support.api import (
    API_KEY,
    API_SECRET,
    APPLICATION,
    NEIGHBOUR,
    OTHER_KEY,
    OTHER_SECRET,
    Api,
    key_pair,
)

pytestmark = pytest.mark.contract

OTHER = {"key": OTHER_KEY, "secret": OTHER_SECRET}
HOOK = {"address": "https://app.example.test/answer", "http_method": "GET"}
CREDENTIALS = {"api_key": API_KEY, "api_secret": API_SECRET}


async def test_an_application_gets_keys_and_shows_the_private_one_once(api: Api) -> None:
    wanted = {
        "name": "Shop",
        "capabilities": {
            "voice": {"webhooks": {"answer_url": HOOK}, "signed_callbacks": True},
            "messages": {"version": "v1"},
            "telepathy": {"range": 5},
        },
        "privacy": {"improve_ai": False},
    }
    status, created = await api.basic("POST", "/v2/applications", wanted)
    assert status == 201
    private_key = created["keys"].pop("private_key")
    assert {name: created[name] for name in wanted} == wanted
    assert created["_links"] == {"self": {"href": f"/v2/applications/{created['id']}"}}
    assert await api.basic("GET", f"/v2/applications/{created['id']}") == (200, created)
    token = jwt.encode(api.claims(created["id"]), private_key, algorithm="RS256")
    await api.expect(200, "GET", "/v1/users", token=token)


async def test_an_application_that_brings_its_key_is_shown_no_private_one(api: Api) -> None:
    public = key_pair("own")[1]
    status, created = await api.basic(
        "POST", "/v2/applications", {"name": "Own", "keys": {"public_key": public}}
    )
    assert (status, created["keys"]) == (201, {"public_key": public})
    assert created["privacy"] == {"improve_ai": True}


async def test_put_replaces_everything_but_the_key(api: Api) -> None:
    before = (await api.basic("GET", f"/v2/applications/{APPLICATION}"))[1]
    voice = {"voice": {"webhooks": {"event_url": HOOK}}}
    await api.basic("PUT", f"/v2/applications/{APPLICATION}", {"name": "A", "capabilities": voice})
    status, after = await api.basic("PUT", f"/v2/applications/{APPLICATION}", {"name": "B"})
    assert status == 200
    assert (after["name"], after["capabilities"], after["keys"]) == ("B", {}, before["keys"])


async def test_a_deleted_application_is_gone_with_its_tokens_and_links(api: Api) -> None:
    await api.store.rent_number(
        NumberRecord(msisdn="447700900003", country="GB", account=API_KEY, app_id=APPLICATION)
    )
    assert await api.basic("DELETE", f"/v2/applications/{APPLICATION}") == (204, None)
    assert (await api.basic("GET", f"/v2/applications/{APPLICATION}"))[0] == 404
    await api.expect(401, "GET", "/v1/users")
    status, body = await api.basic("GET", "/account/numbers")
    assert (status, "app_id" in body["numbers"][0]) == (200, False)


async def test_applications_are_listed_in_numbered_pages(api: Api) -> None:
    key = {"public_key": key_pair("own")[1]}
    for number in range(4):
        await api.basic("POST", "/v2/applications", {"name": f"n{number}", "keys": key})
    status, body = await api.basic("GET", "/v2/applications?page_size=2&page=2")
    assert status == 200
    rows = body["_embedded"]["applications"]
    assert [each["name"] for each in rows] == ["n1", "n2"]
    for row in rows:
        assert row["keys"] == key
        assert await api.basic("GET", f"/v2/applications/{row['id']}") == (200, row)
    assert (body["page"], body["page_size"], body["total_items"], body["total_pages"]) == (2, 2, 5, 3)
    assert body["_links"]["next"] == {"href": "/v2/applications?page_size=2&page=3"}
    assert body["_links"].keys() == {"self", "first", "last", "prev", "next"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a", "keys": {"public_key": "x"}}, "keys.public_key"),
        ({"name": "a", "keys": {"public_key": "-----BEGIN PUBLIC KEY-----\n" * 900}}, "keys.public_key"),
        ({"name": "a", "capabilities": []}, "capabilities"),
        ({"name": "a", "capabilities": {"voice": []}}, "capabilities.voice"),
        (
            {"name": "a", "capabilities": {"voice": {"webhooks": {"answer_url": {"address": "ftp://x"}}}}},
            "capabilities.voice.webhooks.answer_url.address",
        ),
        (
            {
                "name": "a",
                "capabilities": {"rtc": {"webhooks": {"event_url": {**HOOK, "http_method": "PUT"}}}},
            },
            "capabilities.rtc.webhooks.event_url.http_method",
        ),
    ],
)
async def test_wrong_applications_are_named(api: Api, body: object, name: str) -> None:
    status, answer = await api.basic("POST", "/v2/applications", body)
    assert status == 400
    assert answer["type"] == "https://developer.nexmo.com/api-errors/application#payload-validation"
    assert [each["name"] for each in answer["invalid_parameters"]] == [name]


async def test_another_accounts_application_is_no_application(api: Api) -> None:
    path = f"/v2/applications/{APPLICATION}"
    for method, body in (("GET", None), ("PUT", {"name": "mine now"}), ("DELETE", None)):
        status, answer = await api.basic(method, path, body, **OTHER)
        assert status == 404
        assert answer["detail"] == f"ID '{APPLICATION}' does not exist, or you do not have access"
    listed = (await api.basic("GET", "/v2/applications", **OTHER))[1]
    assert [each["id"] for each in listed["_embedded"]["applications"]] == [NEIGHBOUR]


@pytest.mark.parametrize(
    ("capabilities", "name"),
    [
        ({"voice": {"region": "moon"}}, "voice.region"),
        ({"voice": {"leg_persistence_time": 32}}, "voice.leg_persistence_time"),
        ({"voice": {"conversation_ttl": -1}}, "voice.conversation_ttl"),
        ({"voice": {"webhooks": {"answer_url": {**HOOK, "socket_timeout": 9000}}}}, "socket_timeout"),
        ({"voice": {"webhooks": {"event_url": {**HOOK, "connection_timeout": 1}}}}, "connection_timeout"),
        ({"messages": {"webhooks": {"inbound_url": HOOK}}}, "messages.webhooks.inbound_url.http_method"),
        ({"vbc": "yes"}, "vbc"),
    ],
)
async def test_wrong_capabilities_are_named(api: Api, capabilities: object, name: str) -> None:
    status, answer = await api.basic("POST", "/v2/applications", {"name": "a", "capabilities": capabilities})
    (wrong,) = answer["invalid_parameters"]
    assert (status, answer["title"]) == (400, "Bad Request")
    assert wrong["name"].endswith(name)
    assert wrong["reason"].startswith("must be")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("page_size=101", {"name": "page_size", "reason": "must be between 1 and 100"}),
        ("page_size=0", {"name": "page_size", "reason": "must be between 1 and 100"}),
        ("page_size=x", {"name": "page_size", "reason": "must be between 1 and 100"}),
        ("page=0", {"name": "page", "reason": "must be a page number, from 1"}),
    ],
)
async def test_wrong_paging_is_named(api: Api, query: str, wrong: object) -> None:
    status, answer = await api.basic("GET", f"/v2/applications?{query}")
    assert status == 400
    assert answer["type"] == "https://developer.nexmo.com/api-errors/application#list-validation"
    assert answer["invalid_parameters"] == [wrong]


async def test_webhooks_are_signed_unless_somebody_says_no(api: Api) -> None:
    async def replaced(voice: object) -> object:
        body = {"name": "A", "capabilities": {"voice": voice}}
        answer = (await api.basic("PUT", f"/v2/applications/{APPLICATION}", body))[1]
        return answer["capabilities"]["voice"]["signed_callbacks"]

    assert await replaced({}) is True
    assert await replaced({"signed_callbacks": False}) is False
    assert await replaced({}) is False
    assert await replaced({"signed_callbacks": True}) is True


async def test_a_new_key_counts_at_once_and_the_old_one_no_more(api: Api) -> None:
    await api.expect(200, "GET", "/v1/users")
    rotated = {"name": "A", "keys": {"public_key": key_pair("rotated")[1]}}
    status, shown = await api.basic("PUT", f"/v2/applications/{APPLICATION}", rotated)
    assert (status, shown["keys"]) == (200, rotated["keys"])
    await api.expect(401, "GET", "/v1/users")
    new = jwt.encode(api.claims(), key_pair("rotated")[0], algorithm="RS256")
    await api.expect(200, "GET", "/v1/users", token=new)


V1 = "/v1/applications"
WANTED = {
    "name": "Old",
    "type": "voice",
    "answer_url": "https://app.example.test/answer",
    "event_url": "https://app.example.test/event",
}


@pytest.mark.parametrize(
    "how",
    [
        {"params": {**CREDENTIALS, **WANTED}},
        {"data": {**CREDENTIALS, **WANTED}},
        {"json": {**CREDENTIALS, **WANTED}},
        {"params": CREDENTIALS, "json": WANTED},
    ],
    ids=["query", "form", "json", "credentials in the query"],
)
async def test_the_first_version_makes_applications_that_both_show(api: Api, how: Any) -> None:  # noqa: ANN401
    status, created = await api.ask("POST", V1, **how)
    assert status == 201
    private_key = created["keys"].pop("private_key")
    webhooks = [
        {"endpoint_type": "answer_url", "endpoint": WANTED["answer_url"], "http_method": "GET"},
        {"endpoint_type": "event_url", "endpoint": WANTED["event_url"], "http_method": "POST"},
    ]
    assert (created["name"], created["voice"], created["messages"]) == (
        "Old",
        {"webhooks": webhooks},
        {"webhooks": []},
    )
    assert await api.ask("GET", f"{V1}/{created['id']}", params=CREDENTIALS) == (200, created)
    token = jwt.encode(api.claims(created["id"]), private_key, algorithm="RS256")
    await api.expect(200, "GET", "/v1/users", token=token)
    newer = (await api.basic("GET", f"/v2/applications/{created['id']}"))[1]
    assert newer["keys"] == created["keys"]
    assert newer["capabilities"] == {
        "voice": {
            "signed_callbacks": False,
            "webhooks": {
                "answer_url": {"address": WANTED["answer_url"], "http_method": "GET"},
                "event_url": {"address": WANTED["event_url"], "http_method": "POST"},
            },
        }
    }


async def test_the_first_version_changes_its_own_part_alone(api: Api) -> None:
    rtc = {"rtc": {"webhooks": {"event_url": HOOK}, "signed_callbacks": True}}
    fallback = {"voice": {"webhooks": {"answer_url": HOOK, "fallback_answer_url": HOOK}}}
    await api.basic(
        "PUT", f"/v2/applications/{APPLICATION}", {"name": "A", "capabilities": {**rtc, **fallback}}
    )
    changed = {**CREDENTIALS, "name": "B", "type": "voice", "event_url": "https://b.example.test/"}
    status, shown = await api.ask("PUT", f"{V1}/{APPLICATION}", json=changed)
    assert (status, shown["name"]) == (200, "B")
    after = (await api.basic("GET", f"/v2/applications/{APPLICATION}"))[1]["capabilities"]
    assert after["rtc"] == rtc["rtc"]
    assert after["voice"]["webhooks"].keys() == {"fallback_answer_url", "event_url"}
    assert (await api.ask("DELETE", f"{V1}/{APPLICATION}", params=CREDENTIALS)) == (204, None)
    assert (await api.ask("GET", f"{V1}/{APPLICATION}", params=CREDENTIALS))[0] == 404


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"type": "voice", "event_url": "https://a.example.test"}, "name"),
        ({"name": "a", "event_url": "https://a.example.test"}, "type"),
        ({"name": "a", "type": "fax"}, "type"),
        ({"name": "a", "type": "voice"}, "event_url"),
        ({"name": "a", "type": "messages", "inbound_url": "https://a.example.test"}, "status_url"),
        ({"name": "a", "type": "voice", "event_url": "https://a.b", "event_method": "PUT"}, "event_method"),
    ],
)
async def test_the_first_version_names_what_is_wrong(api: Api, body: dict[str, str], name: str) -> None:
    status, answer = await api.ask("POST", V1, json={**CREDENTIALS, **body})
    assert (status, answer["type"]) == (400, "BAD_REQUEST")
    assert list(answer["invalid_parameters"]) == [name]


async def test_the_first_version_lists_by_page_index_and_repeats_no_secret(api: Api) -> None:
    key = {"public_key": key_pair("own")[1]}
    for number in range(4):
        await api.basic("POST", "/v2/applications", {"name": f"n{number}", "keys": key})
    query = {**CREDENTIALS, "page_size": "2", "page_index": "1"}
    status, body = await api.ask("GET", V1, params=query)
    assert (status, body["count"], body["page_size"], body["page_index"]) == (200, 5, 2, 1)
    rows = body["_embedded"]["applications"]
    assert [each["name"] for each in rows] == ["n1", "n2"]
    assert "keys" not in rows[0]
    assert body["_links"]["next"]["href"].startswith(f"{V1}?page_size=2&page_index=2&cursor=")
    assert body["_links"]["first"] == {"href": f"{V1}?page_size=2&page_index=0"}
    assert API_SECRET not in str(body)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("text/html, */*;q=0.1", 200),
        ("application/*", 200),
        ("application/hal+json", 200),
        ("", 200),
        ("text/html", 406),
        ("application/xml", 406),
    ],
)
async def test_who_takes_no_json_is_told_so(api: Api, accept: str, status: int) -> None:
    headers = {"Accept": accept, "Authorization": api.basic_header(API_KEY, API_SECRET)}
    found, answer = await api.ask("GET", "/v2/applications", headers=headers)
    assert found == status
    if status == 406:
        assert answer["type"] == "https://developer.nexmo.com/api-errors#accept-header"
        assert answer["title"] == "Invalid Accept header"


async def test_wrong_methods_and_content_types_are_named(api: Api) -> None:
    status, answer = await api.basic("PATCH", "/v2/applications")
    assert (status, answer["title"]) == (405, "Request method not allowed")
    headers = {"Content-Type": "text/plain", "Authorization": api.basic_header(API_KEY, API_SECRET)}
    status, answer = await api.ask("POST", "/v2/applications", data="name=x", headers=headers)
    assert (status, answer["title"]) == (415, "Unsupported Content-Type header")
    assert answer["type"] == "https://developer.nexmo.com/api-errors#content-type-header"
