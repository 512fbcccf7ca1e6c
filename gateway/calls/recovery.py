"""What a start makes of what the last run left behind.

An answered leg goes on where its audio does: a media worker has kept that, and a memo of what else it needs.
What has no audio any more is ended: phones get a BYE, and conversations the events and webhooks of an end, as
if the gateway had hung up. Recordings go on, or what they wrote so far is salvaged.
"""

import logging
from functools import partial

from gateway.calls.going_on import Memo, remembered
from gateway.calls.recordings import Recordings
from gateway.calls.service import CallService, Kept
from gateway.conversation.commands import EndLeg
from gateway.errors import GatewayError
from gateway.legs.sip import SipLine
from gateway.legs.sip_status import SERVICE_UNAVAILABLE
from gateway.media_plane import MediaPlane
from gateway.ncco.happenings import RecordingEnded
from gateway.states import IllegalTransition
from gateway.store.base import Store
from gateway.store.records import LegRecord
from gateway.switchboard import Switchboard
from media.control import StartRecording

log = logging.getLogger(__name__)

REASON = "the gateway was restarted"


class Recovery:
    """Once, at the start. What cannot be ended is logged and left: the gateway starts all the same."""

    def __init__(
        self,
        store: Store,
        switchboard: Switchboard,
        recordings: Recordings,
        calls: CallService,
        sip: SipLine,
    ) -> None:
        self._store = store
        self._switchboard = switchboard
        self._recordings = recordings
        self._calls = calls
        self._sip = sip

    async def recover(self, media: MediaPlane) -> None:
        """Let go on what can, and end the rest."""
        memos = remembered(media.remembered())
        legs = await self._store.open_legs()
        taken = self._calls.take_up([kept for leg in legs for kept in await self._kept(leg, memos)])
        recorded = await self._record_on(media)
        names = {leg.record.id for leg in taken}
        # Before anybody goes on: what is played from then on is theirs.
        media.give_up(names, recorded)
        for leg in taken:
            leg.start(memos[leg.record.id])
        rooms = {leg.record.conversation_id for leg in taken}
        for recording in [name for name, room in recorded.items() if room not in rooms]:
            # Nobody is left whose leaving would end it.
            self._recordings.stop(recording)
        for record in legs:
            if record.id not in names:
                await self._end(record)
        for leg_id in memos.keys() - names:
            await self._sip.hang_up(leg_id)

    async def _kept(self, leg: LegRecord, memos: dict[str, Memo]) -> list[Kept]:
        """What a leg goes on with, if it does."""
        memo = memos.get(leg.id) if leg.status == "answered" else None
        application = await self._store.any_application(leg.application_id)
        return [] if memo is None or application is None else [(application, leg, memo)]

    async def _record_on(self, media: MediaPlane) -> dict[str, str]:
        """The recordings that go on, and their rooms. The others are over, with what they have written."""
        recorded, going_on = media.recorded(), {}
        for record in await self._store.open_recordings():
            application = await self._store.any_application(record.application_id)
            command = recorded.get(record.id)
            if application is None:
                continue
            if isinstance(command, StartRecording):
                done = partial(self._tell_end, record.id, command.leg)
                self._recordings.go_on(application, record, command, done)
                going_on[record.id] = command.room
                continue
            try:
                self._recordings.recover(application, record)
            except GatewayError:
                log.exception("recording %s of the previous run cannot be ended", record.id)
        return going_on

    def _tell_end(self, recording: str, leg_id: str | None) -> None:
        leg = self._calls.find(leg_id) if leg_id is not None else None
        if leg is not None:
            leg.tell(RecordingEnded(recording=recording))

    async def _end(self, leg: LegRecord) -> None:
        try:
            await self._write_end(leg)
        except (GatewayError, IllegalTransition):
            log.exception("leg %s of the previous run cannot be ended", leg.id)
        if leg.dialog is not None:
            self._sip.end(leg.id, leg.dialog)

    async def _write_end(self, leg: LegRecord) -> None:
        application = await self._store.any_application(leg.application_id)
        if application is None:
            return
        command = EndLeg(
            leg_id=leg.id,
            status="completed" if leg.status == "answered" else "failed",
            reason=REASON,
            sip_code=SERVICE_UNAVAILABLE,
        )
        await self._switchboard.do(application, leg.conversation_id, command)
