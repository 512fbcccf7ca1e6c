"""What the SIP endpoint sends and gets, shown to who keeps and who watches it."""

from gateway.clock import Clock
from gateway.sight.homer import Homer
from gateway.sight.ladder import MAX_TEXT
from gateway.sight.ladders import Ladders
from gateway.store.records import SipAddress, SipMessage
from signalling.sip.calls import CallHandle, Flow
from signalling.sip.trace import Direction, call_id_of, without_secrets


class SipSight:
    """Between the endpoint's wire and the ladders of legs."""

    def __init__(self, ladders: Ladders, clock: Clock, homer: Homer | None = None) -> None:
        self._ladders = ladders
        self._clock = clock
        self._homer = homer
        self._calls: dict[CallHandle, tuple[str, str]] = {}
        """Leg and Call-ID of each call that lives."""

    def tap(self, direction: Direction, flow: Flow, data: bytes) -> None:
        """A message as it is on the wire (`signalling.sip.trace.Tap`)."""
        call_id = call_id_of(data)
        if not call_id:
            # No SIP, and of no call: keep-alives, scans.
            return
        text = without_secrets(data).decode("utf-8", "replace")
        message = SipMessage(
            time=self._clock.wall(),
            direction=direction,
            transport=flow.transport,
            local=SipAddress(*flow.local),
            remote=SipAddress(*flow.remote),
            call_id=call_id,
            text=text[:MAX_TEXT],
            is_cut=len(text) > MAX_TEXT,
        )
        self._ladders.add(message)
        if self._homer is not None:
            self._homer.send(message)

    def follow(self, leg_id: str, call: CallHandle, call_id: str) -> None:
        """A call is a leg's."""
        self._calls[call] = leg_id, call_id
        self._ladders.follow(leg_id, call_id)

    def over(self, call: CallHandle) -> None:
        """A call has ended."""
        followed = self._calls.pop(call, None)
        if followed is not None:
            self._ladders.over(*followed)
