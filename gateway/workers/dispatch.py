"""Who gets a command: the worker of the leg, room, play or recording that it is about.

All legs of a conversation are at one worker. A new leg goes to its conversation's, or where there is most
headroom. One that changes to a conversation of another worker moves there: its worker packs it up, and what
is asked of it meanwhile waits until the other one has unpacked it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.clock import Clock
from gateway.errors import Unavailable
from gateway.workers.placement import choose, refusal
from gateway.workers.post import Post
from media.control import (
    AnyNotice,
    Command,
    Join,
    OpenRtp,
    OpenWebsocket,
    Pack,
    Packed,
    Play,
    Refused,
    StartRecording,
)

log = logging.getLogger(__name__)

MAX_WAITING = 1000
"""Commands for a leg that moves; a move takes some 50 ms."""


@dataclass(slots=True)
class _Move:
    target: Post
    waiting: list[Command] = field(default_factory=list)


class Dispatch:
    """Over all posts."""

    def __init__(self, posts: Sequence[Post], clock: Clock, max_legs: int) -> None:
        self._posts = posts
        self._clock = clock
        self._max_legs = max_legs
        self._moves: dict[str, _Move] = {}
        self._expected: dict[str, str] = {}
        """The room that each leg will be in first, until it is."""

    def expect(self, leg: str, room: str) -> None:
        """This leg will be in that room: its worker should be that room's. Until `forget`."""
        self._expected[leg] = room

    def forget(self, leg: str) -> None:
        """The leg is over."""
        self._expected.pop(leg, None)

    def admit(self, room: str) -> None:
        """Raise Unavailable while a new leg in that room would disturb those that there are."""
        self._place(self._with_room(room))

    def send(self, command: Command) -> None:
        """Have a command carried out by whom it concerns. Raises Unavailable."""
        move = self._moves.get(self._leg_of(command))
        if move is not None:
            if len(move.waiting) >= MAX_WAITING:
                raise Unavailable("media does not keep up with what is asked of a leg")
            move.waiting.append(command)
        elif isinstance(command, OpenRtp | OpenWebsocket):
            self._post_for(command.leg).send(command)
        elif isinstance(command, Join):
            self._join(command)
        else:
            self._post_of(command).send(command)

    def heard(self, post: Post, notice: AnyNotice) -> None:
        """A worker tells something; it may be that a leg can move on."""
        match notice:
            case Packed(leg=leg, luggage=luggage):
                # Whoever asked for it may have been the gateway before this one.
                move = self._moves.pop(leg, None) or _Move(post)
                belongings = post.take_out(leg)
                move.target.take_in(leg, belongings, luggage)
                self._catch_up(move)
            case Refused(command="Pack", subject=leg) if leg in self._moves:
                self._catch_up(self._moves.pop(leg))
            case _:
                post.heard(notice)

    def lost(self, post: Post) -> frozenset[str]:
        """A post is given up: the names of all that goes with it."""
        names = post.orders.everything
        for leg in names & self._moves.keys():
            del self._moves[leg]
        return names

    def _catch_up(self, move: _Move) -> None:
        for command in move.waiting:
            try:
                self.send(command)
            except Unavailable as error:
                log.warning("%s is lost on the way of its leg: %s", type(command).__name__, error)

    def _join(self, command: Join) -> None:
        self._expected.pop(command.leg, None)
        post = self._with_leg(command.leg)
        target = self._with_room(command.room) or post
        if post is None or target is None or target is post:
            (post or self._posts[0]).send(command)
        else:
            post.send(Pack(leg=command.leg))
            self._moves[command.leg] = _Move(target, [command])

    def _post_for(self, leg: str) -> Post:
        """Where a new leg goes. Raises Unavailable."""
        if self._with_leg(leg) is not None:
            raise Unavailable(f"media has a leg {leg} already")
        if sum(post.orders.legs for post in self._posts) >= self._max_legs:
            raise Unavailable(f"media has {self._max_legs} legs and can hold no more")
        return self._place(self._with_room(self._expected[leg]) if leg in self._expected else None)

    def _place(self, post: Post | None) -> Post:
        """Where a new leg goes whose conversation is there, or is nowhere yet. Raises Unavailable."""
        now = self._clock.monotonic()
        if post is None:
            return self._posts[choose([each.standing(now) for each in self._posts])]
        if reason := refusal(post.standing(now)):
            raise Unavailable(reason)
        return post

    def _post_of(self, command: Command) -> Post:
        """Whom it concerns; where that is nobody, one that says so."""
        room = command.room if isinstance(command, Play | StartRecording) else None
        leg = self._leg_of(command)
        found = self._with_leg(leg) if leg else self._with_room(room) if room else self._with_deed(command)
        return found or self._posts[0]

    def _leg_of(self, command: Command) -> str:
        """The leg that a command is about, or that its play or recording is of; empty where it is none."""
        if isinstance(command, StartRecording):
            return ""
        leg = getattr(command, "leg", None)
        if leg:
            return str(leg)
        post = self._with_deed(command)
        return "" if post is None else post.orders.leg_of(_deed(command))

    def _with_leg(self, leg: str) -> Post | None:
        return next((post for post in self._posts if post.orders.has(leg)), None)

    def _with_deed(self, command: Command) -> Post | None:
        deed = _deed(command)
        return next((post for post in self._posts if deed and post.orders.does(deed)), None)

    def _with_room(self, room: str) -> Post | None:
        """Who has legs in it, or on their way to it, or does something there."""
        found = next((post for post in self._posts if post.orders.knows(room)), None)
        if found is not None:
            return found
        expected = (leg for leg, its_room in self._expected.items() if its_room == room)
        return next((post for leg in expected if (post := self._with_leg(leg)) is not None), None)


def _deed(command: Command) -> str:
    """The play or recording that a command names."""
    return getattr(command, "play", "") or getattr(command, "recording", "")
