"""The worker: what each command does, what each event of the engine means, and how it all ends."""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from media import control
from media.control.lending import Pair
from media.engine import records
from media.engine.engine import Engine
from media.engine.records import Event
from media.engine.taking_over import take_over
from media.worker.busy import Busy
from media.worker.identity import remembered_identity
from media.worker.ledger import Memory
from media.worker.legs import Carriage, Legs
from media.worker.luggage import read_luggage, write_luggage
from media.worker.plays import Plays
from media.worker.recordings import Recordings
from media.worker.refusal import Refusal
from media.worker.rooms import Room, Rooms
from media.worker.sockets import Loans

WATCH_S = 0.5
"""How often the engine's thread, and silent peers, are looked after."""


class Worker:
    """One engine and its surroundings. `notify` takes notices."""

    def __init__(
        self,
        memory: Memory,
        loans: Loans,
        notify: Callable[[control.Notice], None],
        identity: bytes = b"",
    ) -> None:
        """On a memory that another worker left, it begins with the legs whose sockets have been lent.

        `identity`: the certificate that all workers have, as PEM; empty where this one is the first.
        """
        ledger = memory.ledger
        self._heard = [] if memory.is_new else _take_over(memory, loans)
        self._engine = engine = Engine(memory.state)
        self._notify = notify
        self._identity = remembered_identity(ledger, identity)
        self._rooms = Rooms(ledger.rooms)
        self._legs = Legs(engine, ledger, self._rooms, Carriage(loans, self._identity), notify)
        self._plays = Plays(engine, ledger.plays, notify)
        self._recordings = Recordings(engine, ledger, notify, self._rooms.forget_if_unused)
        self._busy = Busy(time.monotonic(), time.thread_time())
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start to tick, and tell the gateway."""
        self._engine.start()
        asyncio.get_running_loop().add_reader(self._engine.bell, self._on_bell)
        self._watch()
        identity = self._identity
        self._notify(control.Serving(fingerprint=identity.fingerprint, identity=identity.pem))

    async def stop(self, *, as_wav: bool) -> None:
        """End every recording, then the engine. `as_wav` leaves recordings the WAV files that they are."""
        self._stopping = True
        await self._recordings.finish(as_wav=as_wav)
        for leg in self._legs:
            self._close(leg.name)
        await self._legs.gone()
        self._plays.close()
        asyncio.get_running_loop().remove_reader(self._engine.bell)
        self._engine.stop()

    @property
    def pairs(self) -> dict[str, Pair]:
        """The sockets of all RTP legs, by the leg's name."""
        return self._legs.pairs

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
                self._open_rtp(command)
            case control.StartRtp():
                self._legs.start_rtp(command)
            case control.OpenWebsocket():
                self._legs.open_websocket(command)
            case control.CloseLeg():
                self._close(command.leg)
            case control.Pack():
                self._pack(command.leg)
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
            case control.SalvageRecording():
                self._recordings.salvage(command)
            case control.Remember():
                pass  # it stands among the orders; nothing else is to be done with it
            case control.Settle():
                self._settle()
            case control.Ping():
                self._pong(command)
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

    def _open_rtp(self, command: control.OpenRtp) -> None:
        luggage = read_luggage(command.luggage)
        leg, pair = self._legs.admit(command.leg)
        # Nobody would give back the rows of a leg that is refused. What finds none is refused when it begins.
        if luggage is not None:
            with suppress(Refusal):
                self._plays.expect(luggage.plays)
            with suppress(Refusal):
                self._recordings.expect(luggage.recordings)
        self._legs.open_rtp(leg, pair, luggage)

    def _pack(self, name: str) -> None:
        """Let go of a leg and of all that is its own, and tell when another worker can go on with it."""
        leg = self._legs.find(name)
        before = leg.room
        plays, recordings = self._plays.pack(leg), self._recordings.pack(name)
        packed = self._legs.pack(leg)
        self._emptied(before)

        async def hand_over() -> None:
            luggage = await packed
            files = await recordings
            octets = b"" if luggage is None else write_luggage(luggage, plays, files)
            self._notify(control.Packed(leg=name, luggage=octets))

        task = asyncio.create_task(hand_over(), name=f"hand over {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _emptied(self, room: Room | None) -> None:
        """What is played to a room ends with its last leg."""
        if room is not None and not room.legs:
            self._plays.stop_for(room=room)

    def _play(self, command: control.Play) -> None:
        """A play that cannot begin has ended, too."""
        try:
            leg = self._legs.find(command.leg) if command.leg is not None else None
            room = self._rooms.get(command.room) if command.room is not None else None
            hearers = [leg] if leg else [self._legs.find(name) for name in (room.legs if room else ())]
            if not hearers:
                raise Refusal("there is nobody to play to")
            self._plays.start(command, leg, room, max(hearer.rate for hearer in hearers))
        except Refusal as refusal:
            self._notify(control.PlayDone(play=command.play, outcome="failed", reason=str(refusal)))

    def _record(self, command: control.StartRecording) -> None:
        room = self._rooms.get(command.room)
        if room is None:
            raise Refusal("there is no such room")
        self._recordings.start(command, room, {name: self._legs.find(name).row for name in room.legs})

    def _settle(self) -> None:
        """What another worker left is taken over: tell what it could not tell any more, forget the rest."""
        for each in (self._recordings, self._plays, self._rooms, self._legs):
            each.settle()
        for event in self._heard:
            self._on_event(event)
        self._heard.clear()
        self._notify(control.Settled())

    def _pong(self, command: control.Ping) -> None:
        pulse = self._engine.pulse()
        self._notify(
            control.Pong(
                nonce=command.nonce,
                legs=len(self._legs),
                ticks=pulse.ticks,
                late_p99_us=pulse.late_p99_us,
                busy_p99_us=pulse.busy_p99_us,
                load=pulse.load,
                control_load=self._busy.look(time.monotonic(), time.thread_time()),
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
                self._legs.closed(event.row, event.value)
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
            case records.SPEAKING:
                self._legs.speaking(event.row, event.value, event.extra)

    def _watch(self) -> None:
        """A worker whose engine has died is of no use: its supervisor makes a new one."""
        if not self._engine.alive and not self._stopping:
            os.abort()
        loop = asyncio.get_running_loop()
        self._legs.look_for_silence(loop.time())
        loop.call_later(WATCH_S, self._watch)


def _take_over(memory: Memory, loans: Loans) -> list[Event]:
    """Make the memory ready to be ticked on; what was heard, and not told any more."""
    state, ledger = memory.state, memory.ledger
    names = enumerate(ledger.legs.tolist())
    lent = loans.waiting
    sockets = {row: lent[name.decode()].rtp.fileno() for row, name in names if name.decode() in lent}
    for tap in np.flatnonzero(state.taps.active):
        state.taps.address[tap] = ledger.rings.array(int(tap), (1,), np.int16).ctypes.data
    return take_over(state, sockets)


def _subject(command: control.AnyCommand) -> str:
    for name in ("recording", "play", "speech", "leg"):
        subject = getattr(command, name, None)
        if subject is not None:
            return str(subject)
    return ""
