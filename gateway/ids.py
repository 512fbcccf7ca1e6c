"""Identifiers in the published forms: CON-, MEM-, USR-, NAM-<uuid>, and bare uuids for the rest.

Randomness is a parameter: the pure core gets an `Ids`, tests give it a counting one.
"""

import secrets
import uuid
from collections.abc import Callable


class Ids:
    """Makes identifiers from a source of uuids."""

    def __init__(self, source: Callable[[], uuid.UUID] = uuid.uuid4) -> None:
        self._source = source

    def conversation(self) -> str:
        """CON-<uuid>."""
        return f"CON-{self._source()}"

    def member(self) -> str:
        """MEM-<uuid>."""
        return f"MEM-{self._source()}"

    def user(self) -> str:
        """USR-<uuid>."""
        return f"USR-{self._source()}"

    def knocking(self) -> str:
        """knocker:<uuid>."""
        return f"knocker:{self._source()}"

    def name(self) -> str:
        """NAM-<uuid>: the name of a conversation or user that was created without one."""
        return f"NAM-{self._source()}"

    def caller_name(self) -> str:
        """vapi-user-<32 hex>: the name of a user made for a phone."""
        return f"vapi-user-{self._source().hex}"

    def uuid(self) -> str:
        """A bare uuid: legs, recordings, plays, deliveries, applications."""
        return str(self._source())


def trace_id() -> str:
    """The 32 hex digits of a problem document's `instance`."""
    return secrets.token_hex(16)
