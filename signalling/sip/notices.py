"""What a SIP endpoint tells its user that is of no call: who can be reached, and where we are known."""

from dataclasses import dataclass
from typing import NewType

from signalling.sip.incidents import Incident
from signalling.sip.registrar.binding import BindingsChanged

RegistrationHandle = NewType("RegistrationHandle", str)
ProbeHandle = NewType("ProbeHandle", str)
EnquiryHandle = NewType("EnquiryHandle", str)


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """A registration of ours with somebody else's registrar is in another state."""

    registration: RegistrationHandle
    state: str
    """One of `signalling.sip.registration.State`."""
    status_code: int = 0
    """Of the response that it follows; 0 of none."""
    reason: str = ""
    expires_at: float = 0.0
    """Until when we are registered, on the endpoint's clock; 0 when we are not."""


@dataclass(frozen=True, slots=True)
class ReachabilityChanged:
    """A peer that we probe answers, for the first time or again, or does not any more."""

    probe: ProbeHandle
    is_alive: bool


@dataclass(frozen=True, slots=True)
class EnquiryAnswered:
    """What a peer says that was asked by one OPTIONS: told once."""

    enquiry: EnquiryHandle
    status_code: int
    """408 without any word, 503 without a connection."""
    reason: str


AnyNotice = BindingsChanged | RegistrationChanged | ReachabilityChanged | EnquiryAnswered | Incident
