"""The Numbers API, in JSON and in XML."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from gateway.api.guards import MAX_FIELDS
from gateway.api.replies import FORM
from gateway.store.records import NumberRecord, PoolNumber
from tests.support.api import API_KEY, API_SECRET, APPLICATION, NEIGHBOUR, OTHER_KEY, OTHER_SECRET, Api

pytestmark = pytest.mark.contract

CREDENTIALS = {"api_key": API_KEY, "api_secret": API_SECRET}
OTHERS_CREDENTIALS = {"api_key": OTHER_KEY, "api_secret": OTHER_SECRET}
NUMBER = {"country": "GB", "msisdn": "447700900003"}
SUCCESS = (200, {"error-code": "200", "error-code-label": "success"})


async def test_a_number_is_searched_bought_linked_listed_and_cancelled(api: Api) -> None:
    found = (await api.basic("GET", "/number/search?country=GB&pattern=0003&search_pattern=2"))[1]
    assert found == {
        "count": 1,
        "numbers": [
            {**NUMBER, "type": "landline", "cost": "0.00", "initialPrice": "0.00", "features": ["VOICE"]}
        ],
    }
    assert await api.ask("POST", "/number/buy", data={**CREDENTIALS, **NUMBER}) == SUCCESS
    assert (await api.basic("GET", "/number/search?country=GB&pattern=447700900003"))[1]["count"] == 0
    link = {**CREDENTIALS, **NUMBER, "app_id": APPLICATION, "moHttpUrl": "http://example.test/"}
    assert await api.ask("POST", "/number/update", params=link) == SUCCESS
    status, body = await api.ask("GET", "/account/numbers", params=CREDENTIALS)
    (number,) = body["numbers"]
    assert status == 200
    assert number == {
        **NUMBER,
        "type": "landline",
        "features": ["VOICE"],
        "moHttpUrl": "http://example.test/",
        "app_id": APPLICATION,
    }
    unlink = {**CREDENTIALS, **NUMBER}
    assert await api.ask("POST", "/number/update", params=unlink) == SUCCESS
    assert "app_id" not in (await api.basic("GET", "/account/numbers"))[1]["numbers"][0]
    assert await api.ask("POST", "/number/cancel", params=CREDENTIALS, data=NUMBER) == SUCCESS
    assert (await api.basic("GET", "/account/numbers"))[1] == {"count": 0, "numbers": []}


async def test_a_voice_callback_of_the_type_app_links_too(api: Api) -> None:
    await api.ask("POST", "/number/buy", data={**CREDENTIALS, **NUMBER})
    link = {**CREDENTIALS, **NUMBER, "voiceCallbackType": "app", "voiceCallbackValue": APPLICATION}
    assert await api.ask("POST", "/number/update", params=link) == SUCCESS
    assert (await api.basic("GET", "/account/numbers"))[1]["numbers"][0]["app_id"] == APPLICATION


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("has_application=true", 1),
        ("has_application=false", 1),
        (f"application_id={APPLICATION}", 1),
        ("country=GB", 2),
        ("country=US", 0),
        ("pattern=0010", 0),
        ("pattern=0010&search_pattern=2", 1),
        ("pattern=7009&search_pattern=1", 2),
    ],
)
async def test_rented_numbers_are_filtered(api: Api, query: str, count: int) -> None:
    for msisdn, linked in (("447700900010", APPLICATION), ("447700900011", None)):
        await api.store.rent_number(NumberRecord(msisdn=msisdn, country="GB", account=API_KEY, app_id=linked))
    assert (await api.basic("GET", f"/account/numbers?{query}"))[1]["count"] == count


async def test_searches_are_paged(api: Api) -> None:
    body = (await api.basic("GET", "/number/search?country=GB&size=100&index=2"))[1]
    assert (body["count"], len(body["numbers"])) == (150, 50)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/number/buy", {}),
        ("/number/buy", {"country": "GB"}),
        ("/number/buy", {"country": "GB", "msisdn": "x"}),
        ("/number/buy", {"country": "GB", "msisdn": "12025550100"}),
        ("/number/buy", {"country": "US", "msisdn": "447700900003"}),
        ("/number/buy", {"country": "GB", "msisdn": "447700900020"}),
        ("/number/cancel", NUMBER),
        ("/number/cancel", {"country": "GB", "msisdn": "447700900020"}),
        ("/number/update", {"country": "GB", "msisdn": "447700900020"}),
        ("/number/update", {"country": "GB", "msisdn": "447700900021", "app_id": NEIGHBOUR}),
        ("/number/update", {"country": "GB", "msisdn": "447700900021", "app_id": "none"}),
        ("/number/update", {"country": "GB", "msisdn": "447700900021", "moHttpUrl": "x"}),
    ],
)
async def test_what_cannot_be_done_with_numbers(api: Api, path: str, fields: dict[str, str]) -> None:
    for msisdn, account in (("447700900020", OTHER_KEY), ("447700900021", API_KEY)):
        await api.store.rent_number(NumberRecord(msisdn=msisdn, country="GB", account=account))
    status, body = await api.ask("POST", path, data={**CREDENTIALS, **fields})
    assert (status, body.keys()) == (420, {"error-code", "error-code-label"})
    assert body["error-code"] == "420"
    foreign = await api.store.number("447700900020")
    assert foreign is not None
    assert (foreign.account, foreign.app_id) == (OTHER_KEY, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=mobile-lvn", ["447700901001"]),
        ("features=SMS", ["447700901001", "447700901002"]),
        ("features=sms,voice", ["447700901001"]),
        ("pattern=*1002", ["447700901002"]),
        ("pattern=*901*&search_pattern=0", ["447700901001", "447700901002"]),
        ("pattern=44*1001", ["447700901001"]),
        ("pattern=9010&search_pattern=1&size=1&index=2", ["447700901002"]),
    ],
)
async def test_searches_are_narrowed(api: Api, query: str, found: list[str]) -> None:
    await api.store.save_pool_numbers(
        [
            PoolNumber(msisdn="447700901001", country="GB", type="mobile-lvn", features=("VOICE", "SMS")),
            PoolNumber(msisdn="447700901002", country="GB", features=("SMS", "MMS")),
            PoolNumber(msisdn="12025550100", country="US", type="mobile-lvn"),
        ]
    )
    status, body = await api.basic("GET", f"/number/search?country=GB&{query}")
    assert (status, [number["msisdn"] for number in body["numbers"]]) == (200, found)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "country=GBR",
        "country=GB&pattern=%2B44",
        "country=GB&pattern=1*2*3*4*5",
        "country=GB&search_pattern=3",
        "country=GB&type=fax",
        "country=GB&features=VOICE,FAX",
        "country=GB&size=101",
        "country=GB&index=0",
    ],
)
async def test_wrong_searches_are_refused(api: Api, query: str) -> None:
    status, body = await api.basic("GET", f"/number/search?{query}")
    assert (status, body["error-code"]) == (420, "420")
    assert body["error-code-label"].startswith('"')


async def test_features_that_there_are_not_are_told_apart(api: Api) -> None:
    body = (await api.basic("GET", "/number/search?country=GB&features=FAX"))[1]
    assert body["error-code-label"] == '"features" must be a list such as SMS,VOICE of SMS, VOICE and MMS'


async def test_what_is_set_on_a_number_is_shown_and_unset_again(api: Api) -> None:
    await api.ask("POST", "/number/buy", data={**CREDENTIALS, **NUMBER})
    said = {
        "moHttpUrl": "https://app.example.test/in",
        "moSmppSysType": "inbound",
        "voiceStatusCallback": "https://app.example.test/status",
        "voiceCallbackType": "sip",
        "voiceCallbackValue": "sip:ann@example.test",
        "messagesCallbackType": "app",
        "messagesCallbackValue": APPLICATION,
    }
    assert await api.ask("POST", "/number/update", data={**CREDENTIALS, **NUMBER, **said}) == SUCCESS
    (number,) = (await api.basic("GET", "/account/numbers"))[1]["numbers"]
    assert number == {**NUMBER, "type": "landline", "features": ["VOICE"], **said}
    assert await api.ask("POST", "/number/update", data={**CREDENTIALS, **NUMBER}) == SUCCESS
    (number,) = (await api.basic("GET", "/account/numbers"))[1]["numbers"]
    assert number == {**NUMBER, "type": "landline", "features": ["VOICE"]}


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("sip", "sips:ann@example.test:5061;transport=tcp"),
        ("tel", "447700900777"),
        ("vxml", "https://app.example.test/dialog.vxml"),
        ("app", APPLICATION),
    ],
)
async def test_a_voice_callback_is_kept_and_shown(api: Api, type_: str, value: str) -> None:
    await api.ask("POST", "/number/buy", data={**CREDENTIALS, **NUMBER})
    callback = {"voiceCallbackType": type_, "voiceCallbackValue": value}
    assert await api.ask("POST", "/number/update", data={**CREDENTIALS, **NUMBER, **callback}) == SUCCESS
    (number,) = (await api.basic("GET", "/account/numbers"))[1]["numbers"]
    assert {name: number[name] for name in callback} == callback


@pytest.mark.parametrize(
    ("callback", "wrong"),
    [
        ({"voiceCallbackType": "sip"}, "voiceCallbackType"),
        ({"voiceCallbackValue": "sip:ann@example.test"}, "voiceCallbackType"),
        ({"voiceCallbackType": "fax", "voiceCallbackValue": "447700900777"}, "voiceCallbackType"),
        ({"voiceCallbackType": "sip", "voiceCallbackValue": "nonsense"}, "voiceCallbackValue"),
        ({"voiceCallbackType": "tel", "voiceCallbackValue": "sip:ann@example.test"}, "voiceCallbackValue"),
        ({"voiceCallbackType": "vxml", "voiceCallbackValue": "447700900777"}, "voiceCallbackValue"),
        ({"voiceCallbackType": "app", "voiceCallbackValue": NEIGHBOUR}, "voiceCallbackValue"),
        (
            {"app_id": APPLICATION, "voiceCallbackType": "app", "voiceCallbackValue": NEIGHBOUR},
            "voiceCallbackValue",
        ),
        ({"voiceStatusCallback": "nonsense"}, "voiceStatusCallback"),
        ({"messagesCallbackType": "app"}, "messagesCallbackType"),
        ({"messagesCallbackValue": APPLICATION}, "messagesCallbackType"),
        ({"messagesCallbackType": "app", "messagesCallbackValue": NEIGHBOUR}, "messagesCallbackValue"),
    ],
)
async def test_wrong_callbacks_are_refused(api: Api, callback: dict[str, str], wrong: str) -> None:
    await api.ask("POST", "/number/buy", data={**CREDENTIALS, **NUMBER})
    before = await api.store.number(NUMBER["msisdn"])
    status, body = await api.ask("POST", "/number/update", data={**CREDENTIALS, **NUMBER, **callback})
    assert (status, body["error-code"]) == (420, "420")
    assert body["error-code-label"].startswith(f'"{wrong}" ')
    assert await api.store.number(NUMBER["msisdn"]) == before


async def test_the_operator_rents_for_other_accounts_and_nobody_else_does(api: Api) -> None:
    for_other = {**CREDENTIALS, **NUMBER, "target_api_key": OTHER_KEY}
    assert await api.ask("POST", "/number/buy", data=for_other) == SUCCESS
    listed = (await api.ask("GET", "/account/numbers", params=OTHERS_CREDENTIALS))[1]
    assert [number["msisdn"] for number in listed["numbers"]] == [NUMBER["msisdn"]]
    assert await api.ask("POST", "/number/cancel", data=for_other) == SUCCESS
    for caller, target in (
        (OTHERS_CREDENTIALS, API_KEY),
        (CREDENTIALS, "nobody1"),
        (OTHERS_CREDENTIALS, "no"),
    ):
        wanted = {**caller, **NUMBER, "target_api_key": target}
        assert (await api.ask("POST", "/number/buy", data=wanted))[0] == 420
    own = {**OTHERS_CREDENTIALS, **NUMBER, "target_api_key": OTHER_KEY}
    assert await api.ask("POST", "/number/buy", data=own) == SUCCESS


async def _xml(api: Api, method: str, path: str, **how: Any) -> tuple[int, ET.Element]:  # noqa: ANN401
    async with api.client.request(method, path, **how) as response:
        assert response.content_type in ("text/xml", "application/xml")
        return response.status, ET.fromstring(await response.read())


async def test_numbers_in_xml(api: Api) -> None:
    accept = {"headers": {"Accept": "application/xml"}}
    status, found = await _xml(api, "POST", "/number/buy", data={**CREDENTIALS, **NUMBER}, **accept)
    assert (status, found.tag) == (200, "response")
    assert [(each.tag, each.text) for each in found] == [
        ("error-code", "200"),
        ("error-code-label", "success"),
    ]
    said = {"moHttpUrl": "https://a.example.test/?a=1&b=<2>"}
    await api.ask("POST", "/number/update", data={**CREDENTIALS, **NUMBER, **said})
    status, found = await _xml(api, "GET", "/account/numbers", params=CREDENTIALS, **accept)
    assert (status, found.tag, found.findtext("count")) == (200, "inbound-numbers", "1")
    (number,) = found.findall("numbers")
    assert number.findtext("msisdn") == NUMBER["msisdn"]
    assert [feature.text for feature in number.findall("features/feature")] == ["VOICE"]
    assert number.findtext("mo-http-url") == said["moHttpUrl"]


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/number/search", "text/xml", "text/xml"),
        ("/number/search", "application/xml;q=0.9, application/json;q=0.8", "application/xml"),
        ("/number/search", "application/json, text/xml;q=0.9", "application/json"),
        ("/number/search", "text/html, application/xml;q=0.9, */*;q=0.8", "application/xml"),
        ("/number/search", "*/*", "application/json"),
        ("/number/search", "", "application/json"),
        ("/number/search/", "", "application/json"),
        ("/number/search.xml", "application/json", "text/xml"),
        ("/number/search/xml", "", "text/xml"),
        ("/number/search/json", "text/xml", "application/json"),
    ],
)
async def test_the_path_or_the_client_chooses_the_format(api: Api, path: str, accept: str, kind: str) -> None:
    query = {**CREDENTIALS, "country": "GB"}
    async with api.client.get(path, params=query, headers={"Accept": accept}) as response:
        assert (response.status, response.content_type) == (200, kind)


@pytest.mark.parametrize(
    ("method", "path", "root"),
    [
        ("GET", "/account/numbers", "inbound-numbers"),
        ("GET", "/number/search.xml", "inbound-numbers"),
        ("POST", "/number/buy", "response"),
        ("GET", "/account/get-balance", "accountBalance"),
        ("GET", "/account/get-balance/", "accountBalance"),
    ],
)
async def test_errors_in_xml(api: Api, method: str, path: str, root: str) -> None:
    status, found = await _xml(api, method, path, headers={"Accept": "text/xml"})
    assert (status, found.tag) == (401, root)
    assert (found.findtext("error-code"), found.findtext("error-code-label")) == (
        "401",
        "authentication failed",
    )


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/json"])
async def test_a_form_is_read_even_where_it_is_called_json(api: Api, content_type: str) -> None:
    form = f"api_key={API_KEY}&api_secret={API_SECRET.replace(' ', '+')}&country=GB&msisdn={NUMBER['msisdn']}"
    headers = {"Content-Type": content_type}
    assert await api.ask("POST", "/number/buy", data=form, headers=headers) == SUCCESS


@pytest.mark.parametrize(
    ("query", "form", "name", "reason"),
    [
        ("country=GB&country=GB", "msisdn=447700900003", "country", "must be given once"),
        ("", "country=GB&msisdn=447700900003&msisdn=447700900004", "msisdn", "must be given once"),
        (
            "country=US",
            "country=GB&msisdn=447700900003",
            "country",
            "must be the same in the query and in the body",
        ),
    ],
)
async def test_what_is_said_twice_is_refused(api: Api, query: str, form: str, name: str, reason: str) -> None:
    headers = {"Content-Type": FORM, "Authorization": api.basic_header(API_KEY, API_SECRET)}
    status, body = await api.ask("POST", f"/number/buy?{query}", data=form, headers=headers)
    assert (status, body["error-code-label"]) == (420, f'"{name}" {reason}')


async def test_the_query_may_repeat_what_the_form_says(api: Api) -> None:
    assert await api.ask("POST", "/number/buy", params=NUMBER, data={**CREDENTIALS, **NUMBER}) == SUCCESS


@pytest.mark.parametrize("path", ["/number/buy", "/number/update", "/account/settings", "/account/top-up"])
async def test_bodies_of_other_kinds_are_refused(api: Api, path: str) -> None:
    headers = {"Content-Type": "text/plain"}
    status, body = await api.ask("POST", path, data=b"country=GB", params=CREDENTIALS, headers=headers)
    assert (status, body["error-code"]) == (415, "415")
    assert body["error-code-label"] == f"The body is text/plain; send {FORM}."


@pytest.mark.parametrize(
    "form", [b"country=\xff", b"&".join(b"a=1" for _ in range(MAX_FIELDS + 1)), b'{"a":']
)
async def test_what_is_no_form_is_refused(api: Api, form: bytes) -> None:
    headers = {"Content-Type": "application/json", "Authorization": api.basic_header(API_KEY, API_SECRET)}
    status, body = await api.ask("POST", "/number/buy", data=form, headers=headers)
    assert (status, body["error-code"]) == (420, "420")
