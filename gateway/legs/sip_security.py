"""What SIP's guard found out, as security events."""

from gateway.security_events import SecurityEvent
from media.control import KeysFailed
from signalling.sip.incidents import Incident

KEYS_FAILED = "KeysFailed"
"""The one event that media finds out, and not the SIP door."""


def security_event(incident: Incident) -> SecurityEvent:
    """Put an incident in the words of the security log; what strangers wrote is made printable."""
    return SecurityEvent(
        event=incident.kind.value,
        source=incident.source,
        transport=incident.transport,
        method=_printable(incident.method),
        account=_printable(incident.account),
        detail=_printable(incident.detail),
    )


def keys_event(failure: KeysFailed) -> SecurityEvent:
    """Put a handshake that failed in the words of the security log."""
    return SecurityEvent(
        event=KEYS_FAILED, source=failure.host, transport="dtls", detail=_printable(failure.reason)
    )


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
