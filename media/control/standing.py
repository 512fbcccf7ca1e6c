"""What a media worker has been asked for and is not over: what the next one has to be asked again.

The gateway keeps it, so that it outlives a worker; the worker does, so that it outlives a gateway. The worst
that can be lost with a worker are digits that it has been given and has not read.
"""

from collections.abc import Iterator

from media.control import (
    AnyCommand,
    AnyNotice,
    CloseLeg,
    Command,
    Conceal,
    Join,
    Leave,
    LegQuality,
    Notice,
    OpenRtp,
    OpenWebsocket,
    Pack,
    Packed,
    Play,
    PlayDone,
    RecordingDone,
    RecordLeg,
    Refused,
    Remember,
    Restrict,
    RtpOpened,
    SalvageRecording,
    SetAudio,
    StartRecording,
    StartRtp,
    StopPlay,
    StopRecording,
    WebsocketClosed,
    WebsocketFailed,
)

OPENINGS = (OpenRtp, OpenWebsocket)
MANNERS = (StartRtp, SetAudio, Conceal, Restrict, Remember)
"""Of each the last one counts."""
FAREWELLS = (Pack, CloseLeg)


class StandingOrders:
    """Of one worker."""

    def __init__(self) -> None:
        self._legs: dict[str, dict[type, Command]] = {}
        self._replaced: dict[str, StartRtp] = {}
        """What holds if the leg's last StartRtp is refused."""
        self._joins: dict[str, Join] = {}
        """In the order in which the legs joined: recordings give them their channels in that order."""
        self._recordings: dict[str, list[Command]] = {}
        self._plays: dict[str, list[Command]] = {}

    @property
    def legs(self) -> int:
        """How many there are."""
        return len(self._legs)

    def has(self, leg: str) -> bool:
        """Whether there is this leg."""
        return leg in self._legs

    def note(self, command: AnyCommand | Command) -> None:
        """A command is given."""
        match command:
            case OpenRtp(leg=leg) | OpenWebsocket(leg=leg):
                self._legs[leg] = {type(command): command}
            case StartRtp() | SetAudio() | Conceal() | Restrict() | Remember() | Pack() | CloseLeg():
                self._note_manner(command)
            case Join(leg=leg, room=room) if leg in self._legs:
                before = self._joins.get(leg)
                if before is None or before.room != room:
                    self._joins.pop(leg, None)
                    self._joins[leg] = command
            case Leave(leg=leg):
                self._joins.pop(leg, None)
            case Play(play=play):
                self._plays[play] = [command]
            case StopPlay(play=play) if play in self._plays:
                self._plays[play] = [self._plays[play][0], command]
            case StartRecording(recording=recording) | RecordLeg(recording=recording):
                self._recordings[recording] = [command]
            case SalvageRecording(recording=recording):
                self._recordings[recording] = [command]
            case StopRecording(recording=recording) if recording in self._recordings:
                self._recordings[recording] = [self._recordings[recording][0], command]

    def _note_manner(
        self, command: StartRtp | SetAudio | Conceal | Restrict | Remember | Pack | CloseLeg
    ) -> None:
        orders = self._legs.get(command.leg)
        if orders is None:
            return
        before = orders.get(StartRtp)
        if isinstance(command, StartRtp) and isinstance(before, StartRtp):
            self._replaced[command.leg] = before
        orders[type(command)] = command

    def heard(self, notice: AnyNotice | Notice) -> None:
        """What the worker tells ends orders, or undoes them."""
        match notice:
            case LegQuality(leg=leg) | WebsocketFailed(leg=leg) | WebsocketClosed(leg=leg):
                self._forget(leg)
            case Packed(leg=leg):
                self.take_out(leg)
            case RtpOpened(leg=leg) if leg in self._legs:
                # What it brought is unpacked.
                self._legs[leg][OpenRtp] = OpenRtp(leg=leg)
            case PlayDone(play=play):
                self._plays.pop(play, None)
            case RecordingDone(recording=recording):
                self._recordings.pop(recording, None)
            case Refused(command="OpenRtp" | "OpenWebsocket" | "CloseLeg", subject=leg):
                self._forget(leg)
            case Refused(command="StartRtp", subject=leg) if leg in self._legs:
                self._legs[leg].pop(StartRtp, None)
                if leg in self._replaced:
                    self._legs[leg][StartRtp] = self._replaced.pop(leg)
            case Refused(command="Join", subject=leg):
                self._joins.pop(leg, None)
            case Refused(command="StartRecording" | "RecordLeg" | "SalvageRecording", subject=recording):
                self._recordings.pop(recording, None)

    @property
    def everything(self) -> frozenset[str]:
        """The names of all legs, plays and recordings."""
        return frozenset((*self._legs, *self._plays, *self._recordings))

    def does(self, deed: str) -> bool:
        """Whether there is this play or recording."""
        return deed in self._plays or deed in self._recordings

    def leg_of(self, deed: str) -> str:
        """The leg that a play or recording is of; empty where it is of a room."""
        begun = self._plays.get(deed) or self._recordings.get(deed)
        order = begun[0] if begun else None
        return order.leg or "" if isinstance(order, Play | RecordLeg) else ""

    def knows(self, room: str) -> bool:
        """Whether a leg is in the room, or something sounds or is recorded there."""
        doing = (begun[0] for begun in (*self._plays.values(), *self._recordings.values()))
        return any(getattr(each, "room", None) == room for each in (*self._joins.values(), *doing))

    @property
    def names(self) -> list[str]:
        """The legs."""
        return list(self._legs)

    def remembered(self) -> dict[str, bytes]:
        """What was to be remembered, by the leg; of a leg that is to be closed, nothing."""
        memos = {leg: orders.get(Remember) for leg, orders in self._legs.items() if CloseLeg not in orders}
        return {leg: memo.what for leg, memo in memos.items() if isinstance(memo, Remember)}

    def recordings(self) -> dict[str, Command]:
        """What began each recording that has not been asked to stop, by its name."""
        running = {name: begun[0] for name, begun in self._recordings.items() if len(begun) == 1}
        return {name: begun for name, begun in running.items() if not isinstance(begun, SalvageRecording)}

    def plays(self) -> list[str]:
        """The plays that have not been asked to stop."""
        return [name for name, begun in self._plays.items() if len(begun) == 1]

    def again(self) -> Iterator[Command]:
        """All that stands, in an order in which it can be carried out."""
        for orders in self._legs.values():
            for kind in (*OPENINGS, *MANNERS):
                if kind in orders:
                    yield orders[kind]
        yield from self._joins.values()
        for begun in self._recordings.values():
            yield begun[0] if len(begun) == 1 else _completion(begun[0])
        for begun in self._plays.values():
            yield from begun
        for orders in self._legs.values():
            for farewell in FAREWELLS:
                if farewell in orders:
                    yield orders[farewell]

    def take_out(self, leg: str) -> list[Command]:
        """Forget a leg that moves to another worker: what is to be asked of that one, its room aside."""
        orders = self._legs.get(leg, {})
        asked = [orders[kind] for kind in (*OPENINGS, *MANNERS) if kind in orders]
        for table in (self._recordings, self._plays):
            for deed in [deed for deed in table if self.leg_of(deed) == leg]:
                asked += table.pop(deed)
        self._forget(leg)
        return asked

    def _forget(self, leg: str) -> None:
        self._legs.pop(leg, None)
        self._joins.pop(leg, None)
        self._replaced.pop(leg, None)


def _completion(begun: Command) -> Command:
    """What is left to do of a recording that was asked to stop: nothing more may be said into it."""
    match begun:
        case StartRecording(recording=recording, path=path, format=fmt):
            return SalvageRecording(recording=recording, path=path, format=fmt)
        case RecordLeg(recording=recording, path=path):
            return SalvageRecording(recording=recording, path=path, kept=False)
        case _:
            return begun
