"""Legs, for their application and for the reports of an account."""

from sqlalchemy import and_, or_, select

from gateway.store import lookups
from gateway.store.queries import MAX_PAGE, LegFilter, Page, Window
from gateway.store.reader import Condition
from gateway.store.records import LegRecord
from gateway.store.rows import LEGS
from gateway.store.sqlite.part import Part, created_between
from gateway.store.tables import OPEN_LEG, SHOWN_LEG, legs, members

_REMOVE = "UPDATE legs SET removed = 1 WHERE id = ? AND application_id = ?"
_FORGET_TRACE = (
    "DELETE FROM leg_traces WHERE leg_id IN (SELECT id FROM legs WHERE id = ? AND application_id = ?)"
)


_ANSWERED_BY = legs.c.document.op("->>")("$.answered_by")


def _has_status(status: str) -> Condition:
    """As APIs show it: a call that a machine answered is `machine` as long as it lasts."""
    match status:
        case "machine":
            return and_(legs.c.status == "answered", _ANSWERED_BY == "machine")
        case "answered":
            return and_(legs.c.status == "answered", _ANSWERED_BY.is_distinct_from("machine"))
        case _:
            return legs.c.status == status


def _seen_by(user_id: str) -> Condition:
    joined = select(members.c.conversation_id).where(
        members.c.user_id == user_id, members.c.state == "JOINED"
    )
    # Which conversations is looked up once; only the legs of others are opened.
    return or_(legs.c.conversation_id.in_(joined), legs.c.document.op("->>")("$.user_id") == user_id)


class Legs(Part):
    """Reads of legs."""

    async def leg(self, application_id: str, leg_id: str) -> LegRecord | None:
        """One leg that is not removed."""
        return await self._reader.one(lookups.LEG, leg_id, application_id)

    async def remove_leg(self, application_id: str, leg_id: str) -> None:
        """See `Store.remove_leg`."""
        await self._write((_FORGET_TRACE, [(leg_id, application_id)]), (_REMOVE, [(leg_id, application_id)]))

    async def legs(self, application_id: str, window: Window, leg_filter: LegFilter) -> Page[LegRecord]:
        """Legs by creation time, both dates included."""
        where: list[Condition] = [
            legs.c.application_id == application_id,
            *created_between(legs.c.created, leg_filter.date_start, leg_filter.date_end),
        ]
        if leg_filter.shown_only:
            where.append(SHOWN_LEG)
        if leg_filter.status is not None:
            where.append(_has_status(leg_filter.status))
        if leg_filter.open_only:
            where.append(OPEN_LEG)
        if leg_filter.conversation_id is not None:
            where.append(legs.c.conversation_id == leg_filter.conversation_id)
        if leg_filter.seen_by is not None:
            where.append(_seen_by(leg_filter.seen_by))
        return await self._reader.page(LEGS, legs.c.serial, window, *where)

    async def open_legs(self) -> list[LegRecord]:
        """The legs of all tenants whose status is not final."""
        return await self._reader.all(LEGS, legs.c.serial, OPEN_LEG)

    async def account_leg(self, account: str, leg_id: str) -> LegRecord | None:
        """One leg of any of the account's applications."""
        leg = await self._reader.one(lookups.ANY_LEG, leg_id)
        if leg is None:
            return None
        application = await self._reader.one(lookups.ANY_APPLICATION, leg.application_id)
        return leg if application is not None and application.account == account else None

    async def legs_after(
        self, application_id: str, after: str | None, date_start: str, date_end: str
    ) -> Page[LegRecord]:
        """See `Store.legs_after`."""
        where = [legs.c.application_id == application_id, legs.c.created >= date_start]
        window = Window(limit=MAX_PAGE, after=after)
        return await self._reader.page(
            LEGS, legs.c.serial, window, *where, legs.c.created < date_end, total=0
        )
