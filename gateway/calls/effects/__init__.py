"""What a script wants, carried out: a module for each kind of thing that is wanted."""

from gateway.calls.effects import legs, listening, payments, prompts, questions, recordings, rooms, timers
from gateway.calls.effects.base import carry_out

__all__ = [
    "carry_out",
    "legs",
    "listening",
    "payments",
    "prompts",
    "questions",
    "recordings",
    "rooms",
    "timers",
]
