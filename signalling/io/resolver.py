"""From a host's name to its address.

The system's own resolver (hosts file, A and AAAA records), in a thread. RFC 3263 also asks for NAPTR and SRV
records: a trunk that balances by SRV is to be configured by the name of one of its servers for now.
"""

import asyncio
import socket
from ipaddress import ip_address

from signalling.sip.errors import RemoteSipError


async def resolve(host: str, port: int) -> tuple[str, int]:
    """Return (address, port) of `host`, which may be an address already.

    Raises RemoteSipError 503 when the name is unknown, as RFC 3261 section 8.1.3.1 has it.
    """
    try:
        return str(ip_address(host)), port
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise RemoteSipError(f"{host} has no address: {error}", 503) from None
    if not found:
        raise RemoteSipError(f"{host} has no address", 503)
    return str(found[0][4][0]), port
