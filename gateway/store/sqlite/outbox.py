"""The outbox: webhooks that are owed."""

from collections.abc import Collection

from sqlalchemy import func, or_

from gateway.store.reader import Condition
from gateway.store.records import Delivery
from gateway.store.rows import DELIVERIES
from gateway.store.sqlite.part import Part
from gateway.store.tables import PENDING_DELIVERY, deliveries


class Outbox(Part):
    """Reads and writes of deliveries."""

    async def pending_deliveries(
        self, *, application_id: str | None = None, after: int | None = None, limit: int | None = None
    ) -> list[Delivery]:
        """The deliveries that are still owed, in order; see `Store.pending_deliveries`."""
        await self._write()  # the outcomes that wait are written with it
        where: list[Condition] = [PENDING_DELIVERY]
        if application_id is not None:
            where.append(deliveries.c.application_id == application_id)
        if after is not None:
            where.append(deliveries.c.order > after)
        return await self._reader.all(DELIVERIES, deliveries.c.order, *where, limit=limit)

    async def deliveries_with(self, application_id: str, texts: Collection[str]) -> list[Delivery]:
        """The application's deliveries in which one of the texts stands; see `Store.deliveries_with`."""
        await self._write()
        stands = or_(*(func.instr(deliveries.c.document, text) > 0 for text in texts))
        return await self._reader.all(
            DELIVERIES, deliveries.c.order, deliveries.c.application_id == application_id, stands
        )

    async def owed_for(self, application_id: str, conversation_id: str, event_id: int) -> list[Delivery]:
        """The deliveries that are owed and tell of one event. See `Store.owed_for`."""
        await self._write()
        told = func.json_extract(deliveries.c.document, "$.payload.conversation_id")
        number = func.json_extract(deliveries.c.document, "$.payload.id")
        return await self._reader.all(
            DELIVERIES,
            deliveries.c.order,
            PENDING_DELIVERY,
            deliveries.c.application_id == application_id,
            told == conversation_id,
            number == event_id,
        )

    async def newest_order(self) -> int:
        """The highest `order` that is owed. See `Store.newest_order`."""
        return await self._reader.maximum(deliveries.c.order, PENDING_DELIVERY)

    async def save_delivery(self, delivery: Delivery) -> None:
        """Write an attempt's outcome, soon. See `Store.save_delivery`."""
        self._writer.write_soon([DELIVERIES.upsert([delivery])])
