"""Reports API: the rows of the database as records and as files, for their account alone."""

import asyncio
import csv
import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from gateway.clock import iso
from gateway.reports import service
from gateway.reports.products import Question, Row
from gateway.store.records import Batch, LegRecord, ReportRecord
from tests.support import records
from tests.support.api import API_KEY, APPLICATION, NEIGHBOUR, OTHER_KEY, OTHER_SECRET, PUBLIC_URL, Api

pytestmark = pytest.mark.contract

DAY = {"date_start": "2020-09-13T00:00:00Z", "date_end": "2020-09-14T00:00:00Z"}
CALLS = {"account_id": API_KEY, "product": "VOICE-CALL"}
DONE = ("SUCCESS", "TRUNCATED", "FAILED", "ABORTED")
LIMIT_S = 30.0


def _leg(api: Api, id_: str, application_id: str = APPLICATION, **fields: object) -> LegRecord:
    now = iso(api.clock.wall())
    leg = records.leg(id_, "completed", application_id)
    return msgspec.structs.replace(leg, created=now, start_time=now, end_time=now, duration=7, **fields)


@pytest.fixture
async def legs(api: Api) -> list[LegRecord]:
    made = [_leg(api, f"leg-{number}") for number in range(3)]
    made[1] = msgspec.structs.replace(made[1], direction="outbound", status="busy", start_time=None)
    foreign = _leg(api, "foreign", NEIGHBOUR)
    await api.store.commit(Batch(legs=[*made, foreign]))
    return made


async def _records(api: Api, query: dict[str, str], expected: int = 200) -> Any:  # noqa: ANN401
    answer = await api.basic("GET", f"/v2/reports/records?{urlencode(query)}")
    assert answer[0] == expected, answer
    return answer[1]


async def _order(api: Api, **wanted: object) -> Any:  # noqa: ANN401
    body = {**CALLS, "date_start": DAY["date_start"], "date_end": DAY["date_end"], **wanted}
    status, report = await api.basic("POST", "/v2/reports", body)
    assert status == 200, report
    return report


async def _finished(api: Api, report: dict[str, Any]) -> Any:  # noqa: ANN401
    async with asyncio.timeout(LIMIT_S):
        while True:
            status, found = await api.basic("GET", f"/v2/reports/{report['request_id']}")
            assert status == 200, found
            if found["request_status"] in DONE:
                return found
            await asyncio.sleep(0.01)


async def _table(api: Api, report: dict[str, Any]) -> list[dict[str, str]]:
    href = report["_links"]["download_report"]["href"].removeprefix(PUBLIC_URL)
    headers = {"Authorization": api.basic_header(API_KEY, "not a secret: only this test knows it")}
    async with api.client.get(href, headers=headers) as response:
        assert (response.status, response.content_type) == (200, "application/zip")
        assert f"{report['product']}_{report['request_id']}.zip" in response.headers["Content-Disposition"]
        content = await response.read()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        assert name == f"report_{report['product']}_{API_KEY}_20200913.csv"
        return list(csv.DictReader(io.StringIO(archive.read(name).decode(), newline="")))


@pytest.mark.endpoint("GET /v2/reports/records")
async def test_records_are_the_rows(api: Api, legs: list[LegRecord]) -> None:
    body = await _records(api, {**CALLS, **DAY})
    assert [row["call_id"] for row in body["records"]] == [leg.id for leg in legs]
    assert body["records"][0] == {
        "account_id": API_KEY,
        "call_id": "leg-0",
        "direction": "inbound",
        "from": legs[0].from_["number"],
        "to": legs[0].to["number"],
        "network": "",
        "network_name": "",
        "country": "",
        "country_name": "",
        "date_start": legs[0].created,
        "date_end": legs[0].end_time,
        "duration": 7,
        "status": "completed",
        "status_description": "",
        "currency": "EUR",
        "price": 0.0,
        "total_price": 0.0,
    }
    assert (body["items_count"], body["request_status"], body["account_id"]) == (3, "SUCCESS", API_KEY)
    assert body["_links"]["self"]["href"].startswith(f"{PUBLIC_URL}/v2/reports/records?account_id=")


async def test_calls_of_a_deleted_application_are_reported(api: Api, legs: list[LegRecord]) -> None:
    assert (await api.basic("DELETE", f"/v2/applications/{APPLICATION}"))[0] == 204
    for query in ({**CALLS, **DAY}, {**CALLS, "id": legs[0].id}):
        found = await _records(api, query)
        assert legs[0].id in [row["call_id"] for row in found["records"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"direction": "outbound"}, ["leg-1"]),
        ({"status": "completed"}, ["leg-0", "leg-2"]),
        ({"product": "VOICE-FAILED"}, ["leg-1"]),
        ({"product": "WEBSOCKET-CALL"}, []),
        ({"product": "IN-APP-VOICE"}, []),
        ({"product": "ASR"}, []),
        ({"date_start": "2020-09-13T12:26:40.000Z"}, ["leg-0", "leg-1", "leg-2"]),
        ({"date_end": "2020-09-13T12:26:40.000Z"}, []),
    ],
)
@pytest.mark.usefixtures("legs")
async def test_records_are_filtered(api: Api, query: dict[str, str], found: list[str]) -> None:
    body = await _records(api, {**CALLS, **DAY, **query})
    assert [row["call_id"] for row in body["records"]] == found


async def test_records_of_conversations(api: Api, legs: list[LegRecord]) -> None:
    body = await _records(api, {"account_id": API_KEY, "product": "CONVERSATIONS", "type": "ip-voice", **DAY})
    assert [row["leg_id"] for row in body["records"]] == [leg.id for leg in legs]
    assert body["records"][0]["conversation_id"] == legs[0].conversation_id
    assert body["records"][0]["application_id"] == APPLICATION


@pytest.mark.usefixtures("legs")
async def test_records_by_id(api: Api) -> None:
    body = await _records(api, {**CALLS, "id": "leg-2,absent, leg-0,foreign"})
    assert [row["call_id"] for row in body["records"]] == ["leg-2", "leg-0"]
    assert body["ids_not_found"] == "absent,foreign"


@pytest.mark.usefixtures("legs")
async def test_each_account_has_its_own(api: Api) -> None:
    query = urlencode({"account_id": OTHER_KEY, "product": "VOICE-CALL", **DAY})
    status, body = await api.basic("GET", f"/v2/reports/records?{query}", key=OTHER_KEY, secret=OTHER_SECRET)
    assert status == 200
    assert [row["call_id"] for row in body["records"]] == ["foreign"]
    assert (await api.basic("GET", f"/v2/reports/records?{query}"))[0] == 403
    report = await _order(api)
    path = f"/v2/reports/{report['request_id']}"
    done = await _finished(api, report)
    for method in ("GET", "DELETE"):
        assert (await api.basic(method, path, key=OTHER_KEY, secret=OTHER_SECRET))[0] == 404
    href = done["_links"]["download_report"]["href"].removeprefix(PUBLIC_URL)
    assert (await api.basic("GET", href, key=OTHER_KEY, secret=OTHER_SECRET))[0] == 404
    await api.expect(404, "GET", href, token=api.token())
    mine = f"/v2/reports?account_id={OTHER_KEY}"
    assert (await api.basic("GET", mine, key=OTHER_KEY, secret=OTHER_SECRET))[1]["reports"] == []
    assert (await api.basic("GET", mine))[0] == 403
    await api.expect(401, "GET", path)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({}, "account_id"),
        ({"account_id": API_KEY}, "product"),
        ({**CALLS}, "date_start"),
        ({**CALLS, "date_start": DAY["date_start"]}, "date_end"),
        ({**CALLS, "date_start": "noon", "date_end": DAY["date_end"]}, "date_start"),
        ({**CALLS, "date_start": "2020-09-13T00:00:00Z", "date_end": "2020-09-14T00:00:01Z"}, "date_end"),
        ({**CALLS, **DAY, "direction": "up"}, "direction"),
        ({**CALLS, **DAY, "product": "SMS"}, "product"),
        ({**CALLS, **DAY, "product": "CONVERSATIONS"}, "type"),
        ({**CALLS, "id": ",".join(f"leg-{number}" for number in range(101))}, "id"),
    ],
)
async def test_records_that_are_asked_for_wrongly(api: Api, query: dict[str, str], name: str) -> None:
    body = await _records(api, query, 422)
    assert [each["name"] for each in body["invalid_parameters"]] == [name]


async def test_dates_do_not_go_with_ids(api: Api) -> None:
    body = await _records(api, {**CALLS, **DAY, "id": "leg-1"}, 422)
    assert body["type"].endswith("/reports#invalid-filter")


@pytest.mark.usefixtures("legs")
async def test_records_end_where_an_answer_does(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_SYNC_ROWS", 2)
    body = await _records(api, {**CALLS, **DAY})
    assert (body["items_count"], body["request_status"]) == (2, "TRUNCATED")


@pytest.mark.endpoint("POST /v2/reports", "GET /v2/reports/{id}")
async def test_a_report_is_the_rows(api: Api, legs: list[LegRecord]) -> None:
    report = await _order(api, status="completed")
    assert (report["request_status"], report["status"]) == ("PENDING", "completed")
    assert "download_report" not in report["_links"]
    done = await _finished(api, report)
    assert (done["request_status"], done["items_count"]) == ("SUCCESS", 2)
    rows = await _table(api, done)
    by_id = await _records(api, {**CALLS, "id": "leg-0,leg-2"})
    assert rows == [{name: str(text) for name, text in row.items()} for row in by_id["records"]]


async def test_a_report_over_many_pages(api: Api) -> None:
    many = [_leg(api, f"leg-{number:04d}") for number in range(250)]
    await api.store.commit(Batch(legs=many))
    rows = await _table(api, await _finished(api, await _order(api)))
    assert [row["call_id"] for row in rows] == [leg.id for leg in many]


async def test_a_report_that_is_too_long(
    api: Api, legs: list[LegRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_ROWS", 2)
    done = await _finished(api, await _order(api))
    assert (done["request_status"], done["items_count"]) == ("TRUNCATED", 2)
    assert [row["call_id"] for row in await _table(api, done)] == [leg.id for leg in legs[:2]]


async def test_cells_are_no_formulas(api: Api) -> None:
    evil = _leg(api, "leg-1", from_={"type": "sip", "uri": "=HYPERLINK(1)"})
    await api.store.commit(Batch(legs=[evil]))
    (row,) = await _table(api, await _finished(api, await _order(api)))
    assert row["from"] == "'=HYPERLINK(1)"


class Held:
    """Pages that do not come before they may."""

    def __init__(self) -> None:
        self.may_come = asyncio.Event()
        self.asked = asyncio.Event()

    async def pages(self, _store: object, _question: Question) -> AsyncIterator[list[Row]]:
        self.asked.set()
        await self.may_come.wait()
        yield []


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    made = Held()
    monkeypatch.setattr(service, "pages", made.pages)
    return made


@pytest.mark.endpoint("DELETE /v2/reports/{id}")
async def test_a_report_is_cancelled(api: Api, held: Held) -> None:
    report = await _order(api)
    path = f"/v2/reports/{report['request_id']}"
    async with asyncio.timeout(LIMIT_S):
        await held.asked.wait()
    assert (await api.basic("GET", path))[1]["request_status"] == "PROCESSING"
    status, body = await api.basic("DELETE", path)
    assert (status, body["request_status"]) == (200, "ABORTED")
    assert not list((api.directory / "reports").iterdir())
    status, body = await api.basic("DELETE", path)
    assert (status, body["title"]) == (409, "Invalid Abort Operation")


async def test_reports_are_made_a_few_at_once(api: Api, held: Held) -> None:
    ordered = [await _order(api) for _ in range(service.MAX_OPEN)]
    async with asyncio.timeout(LIMIT_S):
        await held.asked.wait()
    status, body = await api.basic("POST", "/v2/reports", CALLS)
    assert (status, body["retry_after"]) == (429, 60)
    listed = (await api.basic("GET", f"/v2/reports?account_id={API_KEY}&status=PROCESSING"))[1]
    assert listed["items_count"] <= service.AT_ONCE
    held.may_come.set()
    assert {(await _finished(api, each))["request_status"] for each in ordered} == {"SUCCESS"}


async def test_a_restart_makes_what_waited(api: Api, legs: list[LegRecord]) -> None:
    waiting = ReportRecord(
        id="waiting",
        account=API_KEY,
        product="VOICE-CALL",
        date_start="2020-01-01T00:00:00.000Z",
        date_end="2021-01-01T00:00:00.000Z",
        received=iso(api.clock.wall()),
    )
    begun = msgspec.structs.replace(waiting, id="begun", status="PROCESSING")
    await api.store.save_report(waiting)
    await api.store.save_report(begun)
    await api.reports.start()
    assert (await _finished(api, {"request_id": "begun"}))["request_status"] == "FAILED"
    done = await _finished(api, {"request_id": "waiting"})
    assert (done["request_status"], done["items_count"]) == ("SUCCESS", len(legs))


async def test_who_ordered_a_report_is_told(api: Api) -> None:
    report = await _order(api, callback_url="http://shop.example.test/report")
    done = await _finished(api, report)
    (told,) = await api.store.pending_deliveries(application_id=API_KEY)
    assert told.webhook.address == "http://shop.example.test/report"
    assert told.payload == done


async def test_a_report_that_cannot_be_written(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: object, _name: str, _kind: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(service, "Sheet", full)
    assert (await _finished(api, await _order(api)))["request_status"] == "FAILED"
    assert not list((api.directory / "reports").iterdir())


@pytest.mark.endpoint("GET /v2/reports")
async def test_a_list_of_reports(api: Api) -> None:
    first = await _finished(api, await _order(api))
    api.clock.advance(60)
    second = await _finished(api, await _order(api, product="ASR"))
    path = f"/v2/reports?account_id={API_KEY}"
    _, body = await api.basic("GET", path)
    assert (body["items_count"], body["reports"]) == (2, [second, first])
    assert (await api.basic("GET", f"{path}&status=SUCCESS,%20FAILED"))[1]["items_count"] == 2
    assert (await api.basic("GET", f"{path}&status=PENDING"))[1]["items_count"] == 0
    assert (await api.basic("GET", f"{path}&date_from={second['receive_time']}"))[1]["reports"] == [second]
    status, body = await api.basic("GET", f"{path}&status=LOST")
    assert (status, body["invalid_parameters"][0]["name"]) == (400, "status")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"product": "SMS"}, "product"),
        ({"date_start": "noon"}, "date_start"),
        ({"date_start": "2021-01-01T00:00:00Z", "date_end": "2020-01-01T00:00:00Z"}, "date_end"),
        ({"callback_url": "ftp://shop.example.test"}, "callback_url"),
        ({"product": "CONVERSATIONS", "type": "cs-custom-event"}, "type"),
        ({"to": 5}, "to"),
    ],
)
async def test_reports_that_are_ordered_wrongly(api: Api, change: dict[str, object], name: str) -> None:
    status, body = await api.basic("POST", "/v2/reports", {**CALLS, **change})
    assert (status, body["invalid_parameters"][0]["name"]) == (400, name)


async def test_a_report_that_is_absent(api: Api) -> None:
    for report_id in ("absent", "..%2F..", "x" * 3000, "%00"):
        assert (await api.basic("GET", f"/v2/reports/{report_id}"))[0] == 404
