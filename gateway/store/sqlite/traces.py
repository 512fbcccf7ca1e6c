"""What went over the wire for legs."""

from gateway.store import lookups
from gateway.store.records import LegTraceRecord
from gateway.store.rows import LEG_TRACES
from gateway.store.sqlite.part import Part

# Written some time after the leg ended: it may have been deleted since.
_KEEP = (
    "INSERT INTO leg_traces (leg_id, document) SELECT ?, ?"
    " WHERE EXISTS (SELECT 1 FROM legs WHERE id = ? AND removed = 0)"
    " ON CONFLICT (leg_id) DO UPDATE SET document = excluded.document"
)


class Traces(Part):
    """Reads and writes of traces."""

    async def keep_leg_trace(self, trace: LegTraceRecord) -> None:
        """See `Store.keep_leg_trace`."""
        await self._write((_KEEP, [(*LEG_TRACES.row(trace), trace.leg_id)]))

    async def leg_trace(self, leg_id: str) -> LegTraceRecord | None:
        """See `Store.leg_trace`."""
        return await self._reader.one(lookups.LEG_TRACE, leg_id)

    async def forget_leg_trace(self, leg_id: str) -> None:
        """See `Store.forget_leg_trace`."""
        await self._write(("DELETE FROM leg_traces WHERE leg_id = ?", [(leg_id,)]))
