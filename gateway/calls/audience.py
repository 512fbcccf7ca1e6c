"""Who hears a leg, and whom it hears, among those in the same conversation."""

import msgspec

from media.control import Restrict

LegIds = tuple[str, ...] | None
"""None is everybody. The legs need not be there yet."""


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a leg until it goes elsewhere; another leg may restrict itself further."""

    heard_by: LegIds = None
    hears: LegIds = None

    def command(self, leg_id: str) -> Restrict:
        """What the media worker is told."""
        return Restrict(leg=leg_id, heard_by=self.heard_by, hears=self.hears)


EVERYBODY = Audience()
