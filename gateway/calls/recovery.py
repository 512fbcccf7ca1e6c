"""What a start makes of what the last run left behind: open legs are ended, recordings are salvaged.

The last run's media went with it, so its calls cannot go on: their phones get a BYE, and their conversations
the events and webhooks of an end, as if the gateway had hung up.
"""

import logging
from collections.abc import Callable

from gateway.calls.recordings import Recordings
from gateway.conversation.commands import EndLeg
from gateway.errors import GatewayError
from gateway.legs.sip_status import SERVICE_UNAVAILABLE
from gateway.states import IllegalTransition
from gateway.store.base import Store
from gateway.store.records import Json, LegRecord
from gateway.switchboard import Switchboard

log = logging.getLogger(__name__)

REASON = "the gateway was restarted"


async def recover(
    store: Store,
    switchboard: Switchboard,
    recordings: Recordings,
    end_dialog: Callable[[Json], None],
) -> None:
    """End what is open. What cannot be ended is logged and left: the gateway starts all the same."""
    for record in await store.open_recordings():
        try:
            application = await store.any_application(record.application_id)
            if application is not None:
                await recordings.recover(application, record)
        except GatewayError:
            log.exception("recording %s of the previous run cannot be ended", record.id)
    for leg in await store.open_legs():
        try:
            await _end(store, switchboard, leg)
        except (GatewayError, IllegalTransition):
            log.exception("leg %s of the previous run cannot be ended", leg.id)
        if leg.dialog is not None:
            end_dialog(leg.dialog)


async def _end(store: Store, switchboard: Switchboard, leg: LegRecord) -> None:
    application = await store.any_application(leg.application_id)
    if application is None:
        return
    command = EndLeg(
        leg_id=leg.id,
        status="completed" if leg.status == "answered" else "failed",
        reason=REASON,
        sip_code=SERVICE_UNAVAILABLE,
    )
    await switchboard.do(application, leg.conversation_id, command)
