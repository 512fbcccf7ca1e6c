"""A DNS server on loopback; its messages are made by dnspython, its zone by the test."""

import asyncio
from collections import Counter
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class DnsServer(asyncio.DatagramProtocol):
    """Answers from a zone of lines such as `a.example 60 IN A 192.0.2.1`; an async context.

    `asked` counts the questions by name and kind. While `is_silent` nothing is answered; while
    `refuses`, all is with SERVFAIL.
    """

    def __init__(self, *lines: str) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self.is_silent = False
        self.refuses = False
        self.address = ("", 0)
        self._zone: dict[tuple[str, str], list[str]] = {}
        self.publish(*lines)

    def publish(self, *lines: str) -> None:
        """Put the zone in place of the one before."""
        self._zone = {}
        for line in lines:
            name, ttl, _, kind, data = line.split(maxsplit=4)
            self._zone.setdefault((name, kind), []).append(f"{ttl} {data}")

    async def __aenter__(self) -> Self:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        self._transport = transport
        self.address = transport.get_extra_info("sockname")[:2]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        (question,) = query.question
        asked = (question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype))
        self.asked[asked] += 1
        if self.is_silent:
            return
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA | dns.flags.RA
        if self.refuses:
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            self._answer(response, *asked)
        self._transport.sendto(response.to_wire(), addr)

    def _answer(self, response: dns.message.Message, name: str, kind: str) -> None:
        lines = self._zone.get((name, kind), [])
        if lines:
            ttl = int(lines[0].split()[0])
            records = [line.split(maxsplit=1)[1] for line in lines]
            response.answer.append(dns.rrset.from_text(f"{name}.", ttl, "IN", kind, *records))
        elif not any(known == name for known, _ in self._zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        if not lines:
            soa = "ns.example. admin.example. 1 2 3 4 20"
            response.authority.append(dns.rrset.from_text("example.", 20, "IN", "SOA", soa))
