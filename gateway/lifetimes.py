"""How long things are kept, where the application has a say (Application API v2, capabilities). Pure."""

from gateway.store.records import ApplicationRecord, Json

NAMED_TTL_HOURS = 48
"""Of an empty conversation that an NCCO named, where the application does not say (documented limits)."""


def named_properties(application: ApplicationRecord) -> Json:
    """The properties of a conversation that an NCCO names: its ttl by `conversations_ttl`; 0 is for ever.

    `conversation_ttl` is another published spelling, which counts where the first says nothing.
    """
    hours = _said(application, "voice", "conversations_ttl")
    if hours is None:
        hours = _said(application, "voice", "conversation_ttl")
    ttl = (NAMED_TTL_HOURS if hours is None else hours) * 3600
    return {"ttl": ttl} if ttl else {}


def leg_days(application: ApplicationRecord, usual: int) -> int:
    """Days that the application's legs are kept: `leg_persistence_time` of voice, of rtc, or the usual."""
    for capability in ("voice", "rtc"):
        said = _said(application, capability, "leg_persistence_time")
        if said is not None:
            return said
    return usual


def _said(application: ApplicationRecord, capability: str, name: str) -> int | None:
    said = (application.capabilities.get(capability) or {}).get(name)
    return said if isinstance(said, int) else None
