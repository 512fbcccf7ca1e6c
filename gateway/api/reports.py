"""Reports: records at once, and reports that are made as files (Reports API)."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.answers import instant, json_response
from gateway.api.fields import Url
from gateway.api.replies import Reply
from gateway.api.requests import AccountRequest
from gateway.api.routes import AccountRoute
from gateway.api.validation import invalid
from gateway.clock import iso
from gateway.errors import Forbidden, Invalid
from gateway.reports.products import CURRENCY, Product, Question
from gateway.reports.reading import rows_of
from gateway.reports.shown import Link, Report, show
from gateway.store.records import ReportStatus

MAX_IDS = 100
"""Legs that may be asked for by id at once."""
WINDOW = timedelta(hours=24)
"""The longest time that records are given of at once (documented limits)."""
USUAL_S = 7 * 24 * 3600
"""How far a report goes back that says nothing of it."""
PRODUCTS: tuple[Product, ...] = get_args(Product)
STATUSES: tuple[ReportStatus, ...] = get_args(ReportStatus)

Text = Annotated[str, Meta(max_length=200)]
Direction = Literal["inbound", "outbound"]


class InvalidFilter(Invalid):
    """Parameters that do not go together."""

    status = 422
    slug = "invalid-filter"
    title = "Invalid filter"


class GetRecords(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v2/reports/records: either `id`, or both dates."""

    account_id: Text
    product: Text
    direction: Direction | None = None
    id: Annotated[str, Meta(max_length=MAX_IDS * 50)] | None = None
    """Legs, separated by commas."""
    date_start: Text | None = None
    date_end: Text | None = None
    status: Text | None = None
    type: Text | None = None
    """Of CONVERSATIONS: ip-voice."""


class OrderReport(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v2/reports: what is left out is not asked for. Products ignore each other's filters."""

    product: Text
    account_id: Text
    date_start: Text | None = None
    date_end: Text | None = None
    include_subaccounts: bool = False
    """Accounts have none here."""
    callback_url: Url | None = None
    direction: Direction | None = None
    status: Text | None = None
    from_: Text | None = msgspec.field(name="from", default=None)
    to: Text | None = None
    type: Text | None = None
    conversation_id: Text | None = None

    def filters(self) -> dict[str, str]:
        """The filters that are set, by their published names."""
        given = {
            "direction": self.direction,
            "status": self.status,
            "from": self.from_,
            "to": self.to,
            "type": self.type,
            "conversation_id": self.conversation_id,
        }
        return {name: text for name, text in given.items() if text}


class ListReports(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v2/reports."""

    account_id: Text
    status: Text | None = None
    """Of the reports, separated by commas."""
    date_from: Text | None = None
    date_to: Text | None = None


class SelfLink(msgspec.Struct, frozen=True):
    """Where this is."""

    self: Link


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """Records that are given at once."""

    links: SelfLink = msgspec.field(name="_links")
    request_id: str
    request_status: Literal["SUCCESS", "TRUNCATED"]
    received_at: str
    price: float = 0.0
    currency: str = CURRENCY
    account_id: str
    product: str
    direction: str | UnsetType = UNSET
    ids_not_found: str | UnsetType = UNSET
    """Separated by commas."""
    items_count: int
    records: list[Any]
    """Rows, whose fields are those of the product."""


class ReportList(msgspec.Struct, frozen=True, kw_only=True):
    """Reports of an account, the newest first."""

    items_count: int
    self_link: str
    reports: list[Report]


async def records(request: AccountRequest) -> web.Response:
    """GET /v2/reports/records."""
    wanted = request.query(GetRecords)
    product = _product(request, wanted.account_id, wanted.product, wanted.type)
    question = Question(
        account=request.account, product=product, direction=wanted.direction, status=wanted.status
    )
    not_found: str | UnsetType = UNSET
    truncated = False
    if wanted.id is None:
        start, end = _day(wanted)
        dated = msgspec.structs.replace(question, date_start=start, date_end=end)
        rows, truncated = await request.services.reports.records(dated)
    else:
        rows, missing = await rows_of(request.services.store, question, _ids(wanted))
        not_found = ",".join(missing) or UNSET
    services = request.services
    body = Records(
        links=SelfLink(Link(f"{services.public_url}{request.http.rel_url}")),
        request_id=services.ids.uuid(),
        request_status="TRUNCATED" if truncated else "SUCCESS",
        received_at=iso(services.clock.wall()),
        account_id=request.account,
        product=product,
        direction=wanted.direction or UNSET,
        ids_not_found=not_found,
        items_count=len(rows),
        records=rows,
    )
    return json_response(body)


def _ids(wanted: GetRecords) -> list[str]:
    beside = [name for name in ("status", "date_start", "date_end") if getattr(wanted, name) is not None]
    if beside:
        raise InvalidFilter(f"When using id, the following parameters are not supported: {beside}")
    ids = list(dict.fromkeys(each.strip() for each in (wanted.id or "").split(",") if each.strip()))
    if len(ids) > MAX_IDS:
        raise invalid("id", f"must name at most {MAX_IDS} records")
    return ids


def _day(wanted: GetRecords) -> tuple[str, str]:
    """The dates, which must both be given and be a day apart at most."""
    start, end = instant("date_start", wanted.date_start), instant("date_end", wanted.date_end)
    for name, date in (("date_start", start), ("date_end", end)):
        if date is None:
            raise invalid(name, "is required")
    if datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(start)) > WINDOW:
        raise invalid("date_end", "must be no more than 24 hours later than date_start")
    return str(start), str(end)


def _product(request: AccountRequest, account: str, product: str, kind: str | None) -> Product:
    """The product, which must be ours. Raises Forbidden for another account's, and Invalid."""
    if account != request.account:
        raise Forbidden("User not authorized to query the requested data.")
    if product not in PRODUCTS:
        raise invalid("product", f"must be one of [{', '.join(PRODUCTS)}]")
    if product == "CONVERSATIONS" and kind != "ip-voice":
        raise invalid("type", "must be one of [ip-voice]")
    return product


async def order(request: AccountRequest) -> web.Response:
    """POST /v2/reports."""
    wanted = await request.body(OrderReport)
    product = _product(request, wanted.account_id, wanted.product, wanted.type)
    now = request.services.clock.wall()
    start = instant("date_start", wanted.date_start) or iso(now - USUAL_S)
    end = instant("date_end", wanted.date_end) or iso(now)
    if end < start:
        raise invalid("date_end", "must not be before date_start")
    question = Question(account=request.account, product=product, date_start=start, date_end=end)
    report = await request.services.reports.order(question, wanted.filters(), wanted.callback_url)
    return json_response(show(report, request.services.public_url))


async def list_all(request: AccountRequest) -> web.Response:
    """GET /v2/reports."""
    wanted, services = request.query(ListReports), request.services
    if wanted.account_id != request.account:
        raise Forbidden("User not authorized to query the requested data.")
    names = {name.strip().upper() for name in (wanted.status or "").split(",") if name.strip()}
    if not names <= set(STATUSES):
        raise invalid("status", f"must be some of [{', '.join(STATUSES)}]")
    found = await services.store.reports(
        request.account,
        statuses=[status for status in STATUSES if status in names],
        date_start=instant("date_from", wanted.date_from),
        date_end=instant("date_to", wanted.date_to),
    )
    body = ReportList(
        items_count=len(found),
        self_link=f"{services.public_url}{request.http.rel_url}",
        reports=[show(report, services.public_url) for report in found],
    )
    return json_response(body)


async def read(request: AccountRequest) -> web.Response:
    """GET /v2/reports/{report_id}."""
    report = await request.services.reports.find(request.account, request.segment("report_id"))
    return json_response(show(report, request.services.public_url))


async def cancel(request: AccountRequest) -> web.Response:
    """DELETE /v2/reports/{report_id}."""
    report = await request.services.reports.cancel(request.account, request.segment("report_id"))
    return json_response(show(report, request.services.public_url))


ROUTES = (
    AccountRoute(
        method="GET",
        path="/v2/reports/records",
        handler=records,
        only_basic=True,
        summary="Load records",
        query=GetRecords,
        reply=Reply(model=Records),
        refusals=(403, 422),
    ),
    AccountRoute(
        method="POST",
        path="/v2/reports",
        handler=order,
        only_basic=True,
        summary="Create a report",
        body=OrderReport,
        reply=Reply(model=Report),
        refusals=(403, 415, 429),
    ),
    AccountRoute(
        method="GET",
        path="/v2/reports",
        handler=list_all,
        only_basic=True,
        summary="List reports",
        query=ListReports,
        reply=Reply(model=ReportList),
        refusals=(403,),
    ),
    AccountRoute(
        method="GET",
        path="/v2/reports/{report_id}",
        handler=read,
        only_basic=True,
        summary="Retrieve the state of a report",
        reply=Reply(model=Report),
    ),
    AccountRoute(
        method="DELETE",
        path="/v2/reports/{report_id}",
        handler=cancel,
        only_basic=True,
        summary="Cancel a report",
        reply=Reply(model=Report),
        refusals=(409,),
    ),
)
