"""Whether a human or a machine answers, as calls ask for it (Voice API, machine detection)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Behavior = Literal["continue", "hangup"]
Callee = Literal["human", "machine"]
SubState = Literal["beep_start", "beep_timeout"]

BEEP_TIMEOUT_S = 45
"""How long a beep is waited for when nothing is said: the least that may be asked for. None is published."""

BeepTimeout = Annotated[int, Meta(ge=45, le=120)]


class AdvancedDetection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`advanced_machine_detection` of POST /calls."""

    behavior: Behavior = "continue"
    mode: Literal["default", "detect", "detect_beep"] = "default"
    """Go on at once and tell of the beep too; or wait for the verdict; or for the beep as well."""
    beep_timeout: BeepTimeout = BEEP_TIMEOUT_S
    """Seconds."""


class AdvancedOption(AdvancedDetection, frozen=True, kw_only=True):
    """`advancedMachineDetection` of connect."""

    beep_timeout: BeepTimeout = msgspec.field(name="beepTimeout", default=BEEP_TIMEOUT_S)


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be found out about who answers, and what comes of it."""

    advanced: bool = False
    """Whether it was asked for as advanced machine detection: events say so."""
    behavior: Behavior = "continue"
    """What becomes of a call that a machine answers."""
    waits: bool = False
    """Whether the call goes on only when that is known, and its beep over where that is waited for."""
    beep_timeout_s: float | None = None
    """How long the beep of a machine is waited for; not at all when None."""


def detection_of(simple: Behavior | None, advanced: AdvancedDetection | None) -> Detection | None:
    """What is asked for; `advanced` wins (Voice API, create an outbound call)."""
    if advanced is None:
        return None if simple is None else Detection(behavior=simple)
    return Detection(
        advanced=True,
        behavior=advanced.behavior,
        waits=advanced.mode != "default",
        beep_timeout_s=None if advanced.mode == "detect" else advanced.beep_timeout,
    )
