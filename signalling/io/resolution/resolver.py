"""Finds the targets of a place: asks the cache, the hosts file, DNS, in that order."""

import asyncio
import logging
import random

from signalling.io.resolution.cache import Cache
from signalling.io.resolution.dns import DnsFailure, DnsServers
from signalling.io.resolution.hosts import HostsFile, ask_system, of_family
from signalling.io.resolution.location import Fraction, Place, Target, locate
from signalling.io.resolution.records import Answer, Question, Records
from signalling.sip.errors import RemoteSipError

log = logging.getLogger(__name__)

MAX_RUNNING = 256
"""Questions asked at one time. More are answered from what was last known."""

SILENCE_TTL_S = 5.0
"""How long nobody is asked again what no server answered."""

BOTH = frozenset({4, 6})


class Resolver:
    """One for a process: what it learnt serves everybody. Nothing is asked twice at one time."""

    def __init__(
        self,
        servers: DnsServers | None = None,
        hosts: HostsFile | None = None,
        fraction: Fraction = random.random,
    ) -> None:
        self._servers = servers or DnsServers()
        self._hosts = hosts or HostsFile()
        self._fraction = fraction
        self._cache = Cache()
        self._running: dict[Question, asyncio.Task[Records]] = {}

    async def resolve(self, place: Place, families: frozenset[int] = BOTH) -> tuple[Target, ...]:
        """Return the targets, in the order to try them; at least one.

        Raises RemoteSipError 503 when there is none, as RFC 3261 section 8.1.3.1 has it.
        """
        asking = locate(place, families, self._fraction)
        try:
            questions = next(asking)
            while True:
                questions = asking.send(tuple(await asyncio.gather(*map(self._answer, questions))))
        except StopIteration as found:
            targets: tuple[Target, ...] = found.value
        if not targets:
            raise RemoteSipError(f"{place.host} has no address", 503)
        return targets

    async def _answer(self, question: Question) -> Records:
        if question.kind in ("A", "AAAA") and (addresses := self._hosts.addresses(question.name)):
            return of_family(question, addresses)
        fresh = self._cache.fresh(question, asyncio.get_running_loop().time())
        if fresh is not None:
            return fresh
        task = self._running.get(question)
        if task is None:
            if len(self._running) >= MAX_RUNNING:
                return self._cache.stale(question)
            task = self._running[question] = asyncio.create_task(self._learn(question))
            task.add_done_callback(lambda _: self._running.pop(question, None))
        return await asyncio.shield(task)

    async def _learn(self, question: Question) -> Records:
        try:
            answer = await self._ask(question)
        except DnsFailure as failure:
            log.warning("DNS is silent: %s", failure)
            answer = Answer(self._cache.stale(question), SILENCE_TTL_S)
        self._cache.remember(question, answer, asyncio.get_running_loop().time())
        return answer.records

    async def _ask(self, question: Question) -> Answer:
        is_local = "." not in question.name.removesuffix(".") or not self._servers.exist
        if not is_local:
            return await self._servers.ask(question)
        if question.kind in ("A", "AAAA"):
            return await ask_system(question)
        return Answer((), SILENCE_TTL_S)
