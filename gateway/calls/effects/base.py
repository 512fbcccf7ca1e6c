"""What a script wants, carried out: one function for each effect, which its module registers."""

from functools import singledispatch
from typing import TYPE_CHECKING

from gateway.ncco.effects import Effect

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg


@singledispatch
async def carry_out(effect: Effect, leg: "LiveLeg") -> None:  # noqa: ARG001 - its variants need it
    """Do what the script of the leg wants. Raises GatewayError when the leg cannot go on."""
    raise TypeError(f"no way to carry out {type(effect).__name__}")
