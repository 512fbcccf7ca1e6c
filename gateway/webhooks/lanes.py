"""Who shares what on the way to customers' hosts: a lane for each host of each application.

A lane is what is held in memory of what is owed to one host, and how much of it is under way. So a host that
is slow or dead fills its own lane and no other. Past MAX_LANES, further hosts of an application share one.
"""

import asyncio
from collections import deque
from weakref import WeakValueDictionary

from gateway.store.records import Delivery
from gateway.webhooks.delivery import DeliveryMachine

MAX_LANES = 16
"""Hosts of one application that have a lane of their own. Few applications have more; it bounds memory."""
EVENTS_IN_FLIGHT_PER_HOST = 10
"""Events that are on their way to one host at once: a dead one cannot hold all that its application has."""
IN_FLIGHT_PER_APPLICATION = 20
"""Events of one application at once, and as many questions: its hosts bear no more."""
HELD_PER_HOST = 200
"""Deliveries to one host in memory; a payload is a few KiB."""

SHARED = ""
"""In the place of a host: the lane of those that have none of their own."""


class Share:
    """What one application has at once: its lanes, and slots for what is on its way."""

    def __init__(self) -> None:
        self.lanes: WeakValueDictionary[str, Lane] = WeakValueDictionary()
        self.events = asyncio.Semaphore(IN_FLIGHT_PER_APPLICATION)
        self.questions = asyncio.Semaphore(IN_FLIGHT_PER_APPLICATION)
        """Apart from events: a call waits for a question, so it does not queue behind a thousand of those."""
        self.mentions = 0

    def lane(self, host: str, application_id: str) -> "Lane":
        """The lane of a host."""
        # While the shared lane lives, what is owed to a new host may stand in it: it must not be overtaken.
        lane = self.lanes.get(host) or self.lanes.get(SHARED)
        if lane is None:
            key = host if len(self.lanes) < MAX_LANES else SHARED
            lane = self.lanes[key] = Lane(self, key, application_id)
        return lane


class Lane:
    """One host's part of one application's share."""

    def __init__(self, share: Share, host: str, application_id: str) -> None:
        self.share = share
        self.application_id = application_id
        self.events = asyncio.Semaphore(EVENTS_IN_FLIGHT_PER_HOST)
        self.streams: dict[str, deque[Delivery]] = {}
        self.held: set[str] = set()
        self.machines: dict[str, DeliveryMachine] = {}
        """Of the deliveries that are on their way."""
        self.newest = -1
        """The highest `order` that was taken in its turn: what is above it stands in the store alone."""
        self.behind = False
        self.missed = False
        """Whether something was left in the store since it was last read."""
        self.refilling = False
        self._host = host

    @property
    def has_room(self) -> bool:
        """Whether memory may hold more of it."""
        return len(self.held) < HELD_PER_HOST

    @property
    def may_refill(self) -> bool:
        """Whether it is time to read what was left in the store."""
        return self.behind and not self.refilling and len(self.held) <= HELD_PER_HOST // 2

    def serves(self, delivery: Delivery) -> bool:
        """Whether the delivery belongs here."""
        host = host_of(delivery)
        return host == self._host or (self._host == SHARED and host not in self.share.lanes)


class Lanes:
    """The lanes of all applications. Each lives as long as a task works for it."""

    def __init__(self) -> None:
        self._shares: WeakValueDictionary[str, Share] = WeakValueDictionary()

    def __len__(self) -> int:
        return sum(len(share.lanes) for share in self._shares.values())

    def lane(self, delivery: Delivery) -> Lane:
        """Where a delivery belongs."""
        share = self._shares.setdefault(delivery.application_id, Share())
        return share.lane(host_of(delivery), delivery.application_id)

    def holding(self, delivery: Delivery) -> Lane | None:
        """The lane that holds a delivery in memory; None when the store alone has it."""
        share = self._shares.get(delivery.application_id)
        lanes = [] if share is None else list(share.lanes.values())
        return next((lane for lane in lanes if delivery.id in lane.held), None)


def host_of(delivery: Delivery) -> str:
    """Host and port of its URL, as they are written there."""
    return delivery.webhook.address.partition("://")[2].partition("/")[0].lower()
