"""The post of a media worker: what outlives the processes that fill it, one after the other.

That is the engine's memory, the sockets of the legs, and what was asked and is not over. A process that takes
the post over maps the same memory, is lent the same sockets and is asked the same again: its legs go on with
the port, SSRC and sequence that they had. The next gateway has a post that inherits them (`estate`).
"""

import asyncio
import os
import socket
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gateway.errors import Unavailable
from gateway.workers.estate import claim, open_door
from gateway.workers.placement import Standing, load_of, unwelcome
from gateway.workers.process import WorkerProcess
from gateway.workers.report import Report
from gateway.workers.sockets import bind_pair
from media.control import AnyNotice, Command, OpenRtp, OpenWebsocket, SendDtmf, Serve, Settle
from media.control.lending import Loan, Pair, in_loans
from media.control.standing import StandingOrders

WINDOW_S = 10.0
DEGRADED = 3
"""Deaths within WINDOW_S after which no new legs are taken."""
HOPELESS = 10
"""Deaths within WINDOW_S after which the memory is given up."""


class Belongings(NamedTuple):
    """Of a leg that moves: its sockets, if it has any, and what is to be asked again."""

    pair: Pair | None
    orders: list[Command]


class Post:
    """One engine's. `holder` is the process that fills it, None while it is vacant."""

    def __init__(self, host: str, ports: range, door: Path | None = None) -> None:
        """`door`: where a gateway that comes after this one finds whoever fills the post then."""
        self.holder: WorkerProcess | None = None
        self.is_draining = False
        """It takes no new conversations."""
        self._host = host
        self._ports = ports
        self._deaths: deque[float] = deque(maxlen=HOPELESS)
        self._memory = os.memfd_create("cordboard-media", os.MFD_CLOEXEC)
        self._pairs: dict[str, Pair] = {}
        self._orders = StandingOrders()
        self._door_path = door
        self._door: socket.socket | None = None

    async def inherit(self) -> None:
        """Once, before it is filled: take what a gateway that died has left behind."""
        if self._door_path is None or self._door is not None:
            return
        estate = await asyncio.to_thread(claim, self._door_path)
        self._door = open_door(self._door_path)
        if estate is None:
            return
        os.close(self._memory)
        self._memory, self._pairs = estate.memory, estate.pairs
        for command in estate.orders:
            self._orders.note(command)

    @property
    def orders(self) -> StandingOrders:
        """What was asked and is not over; to be looked at only."""
        return self._orders

    def standing(self, now: float) -> Standing:
        """What is to be known for placing new legs."""
        pong = None if self.holder is None else self.holder.last_pong
        closed = ""
        if self._deaths_lately(now) > DEGRADED:
            closed = "media workers die too often: no new legs for a while"
        load, measured = (0.0, 0) if pong is None else (load_of(pong.load, pong.control_load), pong.legs)
        return Standing(self._orders.legs, load, measured, self.holder is not None, closed, self.is_draining)

    def report(self, now: float) -> Report:
        """What is to be shown."""
        standing, holder = self.standing(now), self.holder
        pong = None if holder is None else holder.last_pong
        return Report(
            pid=None if holder is None else holder.pid,
            legs=standing.legs,
            load=standing.load,
            late_ms=0.0 if pong is None else pong.late_p99_us / 1000,
            deaths=self._deaths_lately(now),
            refuses=unwelcome(standing),
        )

    def _deaths_lately(self, now: float) -> int:
        return sum(now - death < WINDOW_S for death in self._deaths)

    def fill(self, process: WorkerProcess, identity: bytes) -> None:
        """Let a process serve, from where the one before it stopped. Raises Unavailable.

        `identity`: the certificate that all workers have; empty for the first.
        """
        process.be_patient()
        if self._door is None:
            process.lend(Loan(memory=True), [self._memory])
        else:
            process.lend(Loan(memory=True, door=True), [self._memory, self._door.fileno()])
        for loan, descriptors in in_loans(self._pairs):
            process.lend(loan, descriptors)
        process.send(Serve(identity=identity))
        for command in self._orders.again():
            process.send(command)
        process.send(Settle())
        self.holder = process

    def settled(self) -> None:
        """The process has done all that it was asked again."""
        if self.holder is not None:
            self.holder.settled()

    def vacate(self, now: float) -> bool:
        """The process is dead. Whether the post is hopeless: what kills one after the other is its memory."""
        self.holder = None
        self._deaths.append(now)
        return len(self._deaths) == HOPELESS and now - self._deaths[0] < WINDOW_S

    def send(self, command: Command) -> None:
        """Ask for something; while the post is vacant, of the next process. Raises Unavailable."""
        if isinstance(command, OpenRtp | OpenWebsocket):
            self._admit(command)
        try:
            self._ask(command)
        except Unavailable:
            if isinstance(command, OpenRtp | OpenWebsocket):
                self._release(command.leg)
            raise
        self._orders.note(command)

    def _admit(self, command: OpenRtp | OpenWebsocket) -> None:
        """Have sockets for a new leg."""
        if isinstance(command, OpenRtp):
            self._pairs[command.leg] = bind_pair(self._host, self._ports)

    def _ask(self, command: Command) -> None:
        """What will be asked again may find nobody."""
        holder = self.holder
        stands = not isinstance(command, SendDtmf)
        if holder is None or holder.has_gone:
            if not stands:
                raise Unavailable("the media worker process has gone")
            return
        if isinstance(command, OpenRtp):
            holder.lend(Loan(legs=(command.leg,)), self._pairs[command.leg].descriptors)
        holder.send(command)

    def heard(self, notice: AnyNotice) -> None:
        """What the process tells may end a leg: its ports are free then."""
        self._orders.heard(notice)
        leg = getattr(notice, "leg", None) or getattr(notice, "subject", None)
        if leg in self._pairs and not self._orders.has(leg):
            self._release(leg)

    def take_out(self, leg: str) -> Belongings:
        """Let go of a leg that moves to another worker's."""
        return Belongings(self._pairs.pop(leg, None), self._orders.take_out(leg))

    def take_in(self, leg: str, belongings: Belongings, luggage: bytes) -> None:
        """Take a leg that comes from another worker, which has packed the luggage."""
        if belongings.pair is not None:
            self._pairs[leg] = belongings.pair
        for command in belongings.orders:
            brings = isinstance(command, OpenRtp)
            order = OpenRtp(leg=leg, luggage=luggage) if brings else command
            self._orders.note(order)
            # Whoever cannot be asked is about to die; the next is asked all that stands.
            with suppress(Unavailable):
                self._ask(order)

    def _release(self, leg: str) -> None:
        pair = self._pairs.pop(leg, None)
        if pair is not None:
            pair.close()

    def clear(self) -> None:
        """Begin anew: the memory that is left is of no use, and its legs are over."""
        self._give_up()
        self._memory = os.memfd_create("cordboard-media", os.MFD_CLOEXEC)
        self._orders = StandingOrders()
        self._deaths.clear()

    def close(self) -> None:
        """Give everything back."""
        self._give_up()
        if self._door is not None:
            self._door.close()

    def _give_up(self) -> None:
        os.close(self._memory)
        for leg in list(self._pairs):
            self._release(leg)
