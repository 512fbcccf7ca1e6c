"""Who answers: a callee is listened to until that is clear, and the call goes on as was asked for.

Where the listening fails, the application is told and the call goes on as a human's: a call that stands is
not dropped for that.
"""

import logging
from typing import TYPE_CHECKING

from gateway.calls.ears import Ear
from gateway.calls.endings import own_end
from gateway.calls.handlers import take
from gateway.calls.messages import CalleeHeard
from gateway.calls.scripting import report
from gateway.conversation.commands import IdentifyCallee
from gateway.conversation.detection import Callee, Detection, SubState
from gateway.errors import Unavailable
from gateway.media_plane import Heard
from media.control import BeepHeard, ListenForMachine, ListeningFailed, MachineHeard

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg

log = logging.getLogger(__name__)


class Watch:
    """What is being found out about the callee of one leg."""

    def __init__(self, leg: "LiveLeg", detection: Detection) -> None:
        """Begin to listen. What comes of it, a refusal too, is told to the leg."""
        self.detection = detection
        self.holds = detection.waits
        """Whether the call waits for it."""
        self.over = False
        self.callee: Callee | None = None
        self.confidence = 0.0
        self._leg = leg
        self._ear: Ear | None = None
        try:
            self._listen()
        except Unavailable as error:
            self._told(ListeningFailed(listening="", reason=error.detail))

    def close(self) -> None:
        """Listen no more, and let the file go. Doing it again does no harm."""
        self.over = True
        if self._ear is not None:
            self._leg.equipment.ears.drop(self._ear)

    async def identify(self, callee: Callee, confidence: float, sub_state: SubState | None = None) -> None:
        """Make it a fact who the callee is, or what became of its beep."""
        self.callee, self.confidence = callee, confidence
        command = IdentifyCallee(
            leg_id=self._leg.record.id,
            callee=callee,
            confidence=confidence,
            advanced=self.detection.advanced,
            sub_state=sub_state,
        )
        await self._leg.do(command)

    def _listen(self) -> None:
        ears, listening = self._leg.equipment.ears, self._leg.equipment.ids.uuid()
        self._ear = ears.open(listening, self._leg.record.id)
        command = ListenForMachine(
            listening=listening,
            path=str(self._ear.path),
            beep_timeout_s=self.detection.beep_timeout_s,
        )
        ears.listen(self._ear, command, self._told)

    def _told(self, heard: Heard) -> None:
        if isinstance(heard, (MachineHeard, BeepHeard, ListeningFailed)):
            self._leg.tell(CalleeHeard(heard=heard))


@take.register(CalleeHeard)
async def _callee_heard(message: CalleeHeard, leg: "LiveLeg") -> None:
    watch = leg.watch
    if watch is None or watch.over:
        return
    match message.heard:
        case MachineHeard(verdict=callee, confidence=confidence):
            await watch.identify(callee, confidence)
            if callee == "machine" and watch.detection.behavior == "hangup":
                await leg.end(own_end(leg.record))
                return
            if callee == "machine" and watch.detection.beep_timeout_s is not None:
                return
        case BeepHeard(heard=came):
            await watch.identify("machine", watch.confidence, "beep_start" if came else "beep_timeout")
        case ListeningFailed(reason=reason):
            log.warning("who answered leg %s cannot be found out: %s", leg.record.id, reason)
            await report(leg.equipment, leg.application, leg.record, f"machine detection: {reason}")
            if watch.callee is None:
                await watch.identify("human", 0.0)
    watch.close()
    if watch.holds:
        watch.holds = False
        leg.enter_room()
        await leg.go_ahead()
