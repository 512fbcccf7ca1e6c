"""Trunks made as they are needed, each with a prefix of its own, so that tests of one gateway do not meet."""

import asyncio
import itertools
from pathlib import Path
from typing import Any

from tests.support.line import Line, talk
from tests.support.sipp import Sipp

LIMITS = {"limits": {"calls_per_second": 1000, "voice_requests_per_second": 1000}}

POLLS = 900
"""Looks, twenty a second, at a trunk's state: probes are seconds apart."""

_regions = itertools.count(4479001)


def named(number: str) -> str:
    """The path of the trunk that carries a number alone."""
    return f"/cordboard/trunks/carrier-{number[:7]}"


async def trunk(line: Line, *ports: int, **settings: object) -> str:
    """Make a trunk with these servers, in their order. The number that it carries alone."""
    prefix = str(next(_regions))
    servers = [{"host": "127.0.0.1", "port": port, "priority": place} for place, port in enumerate(ports)]
    body = {"name": f"carrier-{prefix}", "targets": servers, "prefixes": [prefix], **settings}
    await line.gateway.rest.expect(201, "POST", "/cordboard/trunks", body=body)
    return f"{prefix}00000"


async def trunk_state(line: Line, number: str, path: str, *wanted: object) -> dict[str, Any]:
    """The trunk that carries a number alone, as `state_of` waits for it."""
    return await state_of(line, named(number), path, *wanted)


async def state_of(line: Line, trunk: str, path: str, *wanted: object) -> dict[str, Any]:
    """The trunk, once what is at `path` (names and places, separated by dots) is one of those wanted."""
    for _ in range(POLLS):
        found: dict[str, Any] = await line.gateway.rest.expect(200, "GET", trunk)
        value: Any = found
        for name in path.split("."):
            value = value[int(name)] if name.isdigit() else value[name]
        if value in wanted:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} is none of {wanted}: {found}")


async def end_of_call(line: Line, number: str) -> tuple[str, int]:
    """Call the number: the status and the SIP code with which the call ends, answered by nobody."""
    return await end_of(line, await line.create_call({"type": "phone", "number": number}, talk()))


async def end_of(line: Line, created: dict[str, Any]) -> tuple[str, int]:
    """The status and the SIP code with which a call ends."""
    uuid = created["uuid"]
    ended = await line.webhooks.wait_for(
        lambda hook: hook.fields.get("uuid") == uuid and "sip_code" in hook.fields
    )
    return ended.fields["status"], ended.fields["sip_code"]


async def refused_invite(line: Line, directory: Path, **settings: object) -> tuple[str, str]:
    """The INVITE that a trunk with these settings gets, which it refuses with 486; and the number."""
    async with Sipp("outbound_busy_486", directory) as carrier:
        number = await trunk(line, carrier.port, **settings)
        assert await end_of_call(line, number) == ("busy", 486)
        await carrier.finish()
        return carrier.received()[0], number
