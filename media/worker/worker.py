"""The worker: what each command does, what each event of the engine means, and how it all ends."""

import asyncio
import os
from collections.abc import Callable

from media import control
from media.engine import records
from media.engine.engine import Engine
from media.engine.records import Event
from media.worker.legs import Legs
from media.worker.plays import Plays
from media.worker.recordings import Recordings
from media.worker.refusal import Refusal
from media.worker.rooms import Room, Rooms

PLAYS_PER_LEG = 1
"""Rows for plays, as a multiple of those for legs."""
RECORDINGS_PER_LEG = 1.5
"""Each may be listened to alone; a room has two legs or more, and most have one recording at the most."""
WATCH_S = 0.5
"""How often the engine's thread, and silent peers, are looked after."""


class Worker:
    """One engine and its surroundings. `notify` takes notices; `done` is set when it should exit."""

    def __init__(
        self, engine: Engine, notify: Callable[[control.Notice], None], host: str, ports: range
    ) -> None:
        self._engine = engine
        self._notify = notify
        self._rooms = Rooms(len(engine.state.order.legs))
        self._legs = Legs(engine, self._rooms, notify, host, ports)
        self._plays = Plays(engine, notify)
        self._recordings = Recordings(engine, notify, self._rooms.forget_if_unused)
        self.done = asyncio.Event()
        self._orphaned = False

    def start(self) -> None:
        """Start to tick, and tell the gateway."""
        self._engine.start()
        asyncio.get_running_loop().add_reader(self._engine.bell, self._on_bell)
        self._watch()
        self._notify(control.Ready(pid=os.getpid(), fingerprint=self._legs.fingerprint))

    def orphan(self) -> None:
        """The gateway is gone: exit, and leave the recordings as they are for the next one to find."""
        self._orphaned = True
        self.done.set()

    async def stop(self) -> None:
        """End every recording, then the engine."""
        await self._recordings.finish(as_wav=self._orphaned)
        for leg in self._legs:
            self._close(leg.name)
        await self._legs.gone()
        self._plays.close()
        asyncio.get_running_loop().remove_reader(self._engine.bell)
        self._engine.stop()

    def carry_out(self, command: control.AnyCommand) -> None:
        """Do what the gateway asks; what cannot be done is answered by Refused."""
        try:
            self._dispatch(command)
        except Refusal as refusal:
            subject = _subject(command)
            self._notify(
                control.Refused(command=type(command).__name__, subject=subject, reason=str(refusal))
            )

    def _dispatch(self, command: control.AnyCommand) -> None:  # noqa: C901 - one line a command
        match command:
            case control.OpenRtp():
                self._legs.open_rtp(command)
            case control.StartRtp():
                self._legs.start_rtp(command)
            case control.OpenWebsocket():
                self._legs.open_websocket(command)
            case control.CloseLeg():
                self._close(command.leg)
            case control.Join():
                self._join(command)
            case control.Leave():
                self._leave(command)
            case control.SetAudio():
                self._legs.set_audio(command)
            case control.Restrict():
                self._legs.restrict(command)
            case control.Conceal():
                self._legs.conceal(command)
            case control.Play():
                self._play(command)
            case control.StopPlay():
                self._plays.stop(command.play)
            case control.SendDtmf():
                self._legs.send_dtmf(command)
            case control.StartRecording():
                self._record(command)
            case control.RecordLeg():
                self._recordings.start_leg(command, self._legs.find(command.leg).row)
            case control.StopRecording():
                self._recordings.stop(command.recording)
            case control.Ping():
                self._pong(command)
            case control.Drain():
                self.done.set()
            case _:
                raise Refusal("this is done by another process")

    def _join(self, command: control.Join) -> None:
        leg = self._legs.find(command.leg)
        before = leg.room
        room = self._legs.join(command)
        if room is before:
            return
        self._recordings.joined(room, leg.name, leg.row)
        self._legs.move(leg)
        self._emptied(before)

    def _leave(self, command: control.Leave) -> None:
        leg = self._legs.find(command.leg)
        before = leg.room
        self._legs.leave(leg)
        self._emptied(before)

    def _close(self, name: str) -> None:
        leg = self._legs.find(name)
        before = leg.room
        self._plays.stop_for(leg=leg)
        self._recordings.stop_for(leg.name)
        self._legs.close(leg)
        self._emptied(before)

    def _emptied(self, room: Room | None) -> None:
        """What is played to a room ends with its last leg."""
        if room is not None and not room.legs:
            self._plays.stop_for(room=room)

    def _play(self, command: control.Play) -> None:
        """A play that cannot begin has ended, too."""
        try:
            leg = self._legs.find(command.leg) if command.leg is not None else None
            room = self._rooms.get(command.room) if command.room is not None else None
            if leg is None and (room is None or not room.legs):
                raise Refusal("there is nobody to play to")
            self._plays.start(command, leg, room)
        except Refusal as refusal:
            self._notify(control.PlayDone(play=command.play, outcome="failed", reason=str(refusal)))

    def _record(self, command: control.StartRecording) -> None:
        room = self._rooms.get(command.room)
        if room is None:
            raise Refusal("there is no such room")
        self._recordings.start(command, room, {name: self._legs.find(name).row for name in room.legs})

    def _pong(self, command: control.Ping) -> None:
        pulse = self._engine.pulse()
        self._notify(
            control.Pong(
                nonce=command.nonce,
                legs=len(self._legs),
                ticks=pulse.ticks,
                late_p99_us=pulse.late_p99_us,
                busy_p99_us=pulse.busy_p99_us,
                dropped_packets=pulse.dropped_packets + self._legs.take_dropped(),
            )
        )

    def _on_bell(self) -> None:
        loop = asyncio.get_running_loop()
        for event in self._engine.events():
            loop.call_soon(self._on_event, event)
        self._legs.tick()

    def _on_event(self, event: Event) -> None:
        match event.kind:
            case records.CLOSED:
                self._legs.closed(event.row)
            case records.PLAY_ENDED:
                self._plays.ended(event.row, stopped=bool(event.value))
            case records.TAP_ENDED:
                self._recordings.untapped(event.row)
            case records.LATCHED:
                self._legs.latched(event.row, event.value)
            case records.HANDED_OVER:
                self._legs.handed_over(event.row, event.value)
            case records.DIGIT:
                self._legs.digit(event.row, event.value, event.extra)

    def _watch(self) -> None:
        """A worker whose engine has died is of no use: its supervisor makes a new one."""
        if not self._engine.alive and not self.done.is_set():
            os.abort()
        loop = asyncio.get_running_loop()
        self._legs.look_for_silence(loop.time())
        loop.call_later(WATCH_S, self._watch)


def _subject(command: control.AnyCommand) -> str:
    for name in ("recording", "play", "speech", "leg"):
        subject = getattr(command, name, None)
        if subject is not None:
            return str(subject)
    return ""
