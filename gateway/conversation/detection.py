"""Whether a human or a machine answers, as calls ask for it (Voice API, machine detection)."""

from typing import Literal

import msgspec


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be found out about who answers, and what comes of it."""

    behavior: Literal["continue", "hangup"] = "continue"
    """What becomes of a call that a machine answers."""
    waits: bool = False
    """Whether the call goes on only when that is known, and its beep over where that is waited for."""
    beep_timeout_s: float | None = None
    """How long the beep of a machine is waited for; not at all when None."""
