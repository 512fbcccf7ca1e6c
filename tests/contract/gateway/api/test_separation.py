"""Two accounts: what is the other's is answered as what is not there, and stays as it is."""

from typing import Any

import pytest

from gateway.store.records import NumberRecord
from tests.support.api import API_KEY, APPLICATION, OTHER_KEY, OTHER_SECRET, Api

pytestmark = pytest.mark.contract

ABSENT = "99999999-9999-4999-8999-999999999999"
FOREIGN_NUMBER, ABSENT_NUMBER = "447700900020", "447700900999"
ABSENT_KEY = "abcd9999"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
V1 = "name=x&type=voice&event_url=http://x.test"

CASES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v2/applications/{id}", None),
    ("PUT", "/v2/applications/{id}", {"name": "mine"}),
    ("DELETE", "/v2/applications/{id}", None),
    ("GET", "/v1/applications/{id}", None),
    ("PUT", "/v1/applications/{id}", V1),
    ("DELETE", "/v1/applications/{id}", None),
    ("POST", "/number/cancel", "country=GB&msisdn={msisdn}"),
    ("POST", "/number/update", "country=GB&msisdn={msisdn}"),
    ("POST", "/number/update", "country=GB&msisdn=447700900021&app_id={id}"),
    (
        "POST",
        "/number/update",
        "country=GB&msisdn=447700900021&voiceCallbackType=app&voiceCallbackValue={id}",
    ),
    ("POST", "/number/buy", "country=GB&msisdn={msisdn}"),
    ("POST", "/number/buy", "country=GB&msisdn=447700900022&target_api_key={key}"),
    ("POST", "/number/cancel", "country=GB&msisdn=447700900021&target_api_key={key}"),
    ("GET", "/account/numbers?application_id={id}", None),
    ("GET", "/account/numbers?pattern={msisdn}", None),
    ("GET", "/accounts/{key}/secrets", None),
    ("POST", "/accounts/{key}/secrets", {"secret": "Correct4Horse"}),
    ("GET", "/accounts/{key}/secrets/secret-of-abcd1234", None),
    ("DELETE", "/accounts/{key}/secrets/secret-of-abcd1234", None),
    ("GET", "/cordboard/accounts/{key}", None),
    ("DELETE", "/cordboard/accounts/{key}", None),
    ("POST", "/cordboard/accounts/{key}/signature-secrets", {}),
)


async def _as_other(api: Api, case: tuple[str, str, Any], **names: str) -> tuple[int, Any]:
    """The answer to the other account, with the names and the error's number taken out."""
    method, path, body = case
    how = (
        {"json": body}
        if isinstance(body, dict)
        else {"data": body.format(**names), "headers": FORM}
        if body
        else {}
    )
    auth = api.basic_header(OTHER_KEY, OTHER_SECRET)
    headers = {**how.pop("headers", {}), "Authorization": auth}
    status, answer = await api.ask(method, path.format(**names), headers=headers, **how)
    if isinstance(answer, dict):
        answer.pop("instance", None)
    text = str(answer)
    for name, value in names.items():
        text = text.replace(value, f"<{name}>")
    return status, text


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1]} {case[2] or ''}")
async def test_what_is_the_others_is_not_there(api: Api, case: tuple[str, str, Any]) -> None:
    rented = (
        NumberRecord(msisdn=FOREIGN_NUMBER, country="GB", account=API_KEY, app_id=APPLICATION),
        NumberRecord(msisdn="447700900021", country="GB", account=OTHER_KEY),
    )
    for number in rented:
        await api.store.rent_number(number)
    before = (await api.store.application(APPLICATION), await api.store.account(API_KEY))
    foreign = await _as_other(api, case, id=APPLICATION, msisdn=FOREIGN_NUMBER, key=API_KEY)
    absent = await _as_other(api, case, id=ABSENT, msisdn=ABSENT_NUMBER, key=ABSENT_KEY)
    assert foreign == absent
    assert foreign[0] in (200, 403, 404, 420)
    assert (await api.store.application(APPLICATION), await api.store.account(API_KEY)) == before
    assert [await api.store.number(number.msisdn) for number in rented] == list(rented)


@pytest.mark.parametrize("path", ["/v2/applications", "/v1/applications", "/account/numbers"])
async def test_lists_hold_nothing_of_the_other(api: Api, path: str) -> None:
    await api.store.rent_number(
        NumberRecord(msisdn=FOREIGN_NUMBER, country="GB", account=API_KEY, app_id=APPLICATION)
    )
    status, body = await api.basic("GET", path, key=OTHER_KEY, secret=OTHER_SECRET)
    assert status == 200
    assert APPLICATION not in str(body)
    assert FOREIGN_NUMBER not in str(body)
