"""Trunks over HTTP, for the operator alone: made, changed, shown without their secrets, deleted."""

from typing import Any

import pytest

from gateway.config.trunks import MAX_PREFIXES
from tests.support.api import OTHER_KEY, OTHER_SECRET, Api

pytestmark = pytest.mark.contract

CARRIER: dict[str, Any] = {
    "name": "carrier",
    "host": "sip.example.com",
    "username": "me",
    "password": "swordfish",
    "prefixes": ["44"],
}


@pytest.mark.endpoint(
    *("GET /cordboard/trunks", "POST /cordboard/trunks", "GET /cordboard/trunks/{id}"),
    *("PUT /cordboard/trunks/{id}", "DELETE /cordboard/trunks/{id}"),
)
async def test_a_trunk_is_made_shown_changed_and_deleted(api: Api) -> None:
    status, made = await api.basic("POST", "/cordboard/trunks", body=CARRIER)
    assert status == 201
    assert (made["name"], made["configured"], made["calls"]) == ("carrier", False, 0)
    assert made["targets"] == [
        {"host": "sip.example.com", "port": 5060, "transport": "udp", "health": "unknown"}
    ]
    assert made["settings"]["prefixes"] == ["44"]

    listed = (await api.basic("GET", "/cordboard/trunks"))[1]["trunks"]
    assert [trunk["name"] for trunk in listed] == ["configured", "carrier"]

    changed = {**CARRIER, "prefixes": ["1"], "password": ""}
    assert (await api.basic("PUT", "/cordboard/trunks/carrier", body=changed))[0] == 200
    (record,) = await api.store.every_trunk()
    assert record.settings["prefixes"] == ["1"]
    assert record.settings["password"] == "swordfish", "what is left out stays"

    assert (await api.basic("DELETE", "/cordboard/trunks/carrier"))[0] == 204
    assert (await api.basic("GET", "/cordboard/trunks/carrier"))[0] == 404
    assert await api.store.every_trunk() == []


@pytest.mark.endpoint("POST /cordboard/trunks/{id}/test")
async def test_a_trunk_is_tested(api: Api) -> None:
    body = {**CARRIER, "host": "", "targets": [{"host": "one.example.com"}, {"host": "dead.example.com"}]}
    assert (await api.basic("POST", "/cordboard/trunks", body={**body, "register": True}))[0] == 201
    status, tested = await api.basic("POST", "/cordboard/trunks/carrier/test")
    assert status == 200
    assert [(server["host"], server["status"]) for server in tested["servers"]] == [
        ("one.example.com", 200),
        ("dead.example.com", 0),
    ]
    assert (tested["registration"], len(tested["troubles"])) == ("registering", 2)
    assert tested["policy"]["prefixes"] == ["44"]
    assert "swordfish" not in str(tested)
    assert (await api.basic("POST", "/cordboard/trunks/nobody/test"))[0] == 404


async def test_secrets_are_never_shown(api: Api) -> None:
    secrets = {"password": "swordfish", "inbound_username": "them", "inbound_password": "sesame"}
    answers = [
        await api.basic("POST", "/cordboard/trunks", body={**CARRIER, **secrets}),
        await api.basic("GET", "/cordboard/trunks"),
        await api.basic("GET", "/cordboard/trunks/carrier"),
        await api.basic("GET", "/cordboard/trunks/configured"),
    ]
    assert [status for status, _ in answers] == [201, 200, 200, 200]
    assert not any(word in str(answers) for word in ("swordfish", "sesame", "hush"))
    assert "password" not in answers[0][1]["settings"]


async def test_the_configuration_alone_changes_its_trunks(api: Api) -> None:
    body = {**CARRIER, "name": "configured"}
    assert (await api.basic("POST", "/cordboard/trunks", body=body))[0] == 409
    assert (await api.basic("PUT", "/cordboard/trunks/configured", body=body))[0] == 403
    assert (await api.basic("DELETE", "/cordboard/trunks/configured"))[0] == 403


async def test_trunks_are_for_the_operator(api: Api) -> None:
    other = {"key": OTHER_KEY, "secret": OTHER_SECRET}
    for method, path in (
        ("GET", "/cordboard/trunks"),
        ("POST", "/cordboard/trunks"),
        ("GET", "/cordboard/trunks/configured"),
        ("DELETE", "/cordboard/trunks/configured"),
        ("POST", "/cordboard/trunks/configured/test"),
    ):
        assert (await api.basic(method, path, body=CARRIER, **other))[0] == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "no spaces"}, "name"),
        ({"host": "127.0.0.1:5060"}, "host"),
        ({"host": ""}, "host"),
        ({"transport": "pigeon"}, "transport"),
        ({"prefixes": ["+44"]}, "prefixes"),
        ({"prefixes": ["1"] * (MAX_PREFIXES + 1)}, "prefixes"),
        ({"networks": ["10.0.0.1/8"]}, "networks"),
        ({"codecs": ["G729"]}, "codecs"),
        ({"srtp": "perhaps"}, "srtp"),
        ({"caller_id": "fixed"}, "callers"),
        ({"called": {"style": "national"}}, "called"),
        ({"inbound_username": "them"}, "inbound_password"),
        ({"username": "", "register": True}, "username"),
        ({"headers": {"X Y": "1"}}, "headers"),
        ({"headers": {"X-Y": "1\r\nX-Z: 2"}}, "headers"),
        ({"max_calls": -1}, "max_calls"),
        ({"timeout_s": 0.1}, "timeout_s"),
        ({"failover": ["603"]}, "failover"),
        ({"failover": ["6xx"]}, "failover"),
        ({"failover": ["dead"]}, "failover"),
        ({"failover": ["486", "486"]}, "failover"),
        ({"targets": [{"host": "a", "weight": 70000}]}, "targets"),
        ({"targets": [{"host": "a"}] * 21}, "targets"),
        ({"prefixs": ["44"]}, "prefixs"),
    ],
)
async def test_what_is_wrong_is_named(api: Api, changes: dict[str, Any], field: str) -> None:
    status, body = await api.basic("POST", "/cordboard/trunks", body={**CARRIER, **changes})
    assert status == 400
    assert field in str(body)
    assert "swordfish" not in str(body)
