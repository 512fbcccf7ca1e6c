"""The words of the four transaction tables: states, inputs and actions, named as in RFC 3261 section 17."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

TimerName = Literal["A", "B", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M"]


class State(StrEnum):
    """Where a transaction stands. INITIAL is the point before the figure's first arrow."""

    INITIAL = "Initial"
    CALLING = "Calling"
    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    ACCEPTED = "Accepted"
    COMPLETED = "Completed"
    CONFIRMED = "Confirmed"
    TERMINATED = "Terminated"


class Input(StrEnum):
    """What can happen to a transaction."""

    START = "request from TU"
    REQUEST = "request"
    ACK = "ACK"
    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "300-699"
    FINAL = "200-699"
    SEND_PROVISIONAL = "1xx from TU"
    SEND_SUCCESS = "2xx from TU"
    SEND_FAILURE = "300-699 from TU"
    SEND_FINAL = "200-699 from TU"
    ABANDON = "given up by TU"
    TRANSPORT_ERROR = "transport error"
    TIMER_A = "timer A"
    TIMER_B = "timer B"
    TIMER_D = "timer D"
    TIMER_E = "timer E"
    TIMER_F = "timer F"
    TIMER_G = "timer G"
    TIMER_H = "timer H"
    TIMER_I = "timer I"
    TIMER_J = "timer J"
    TIMER_K = "timer K"
    TIMER_L = "timer L"
    TIMER_M = "timer M"


class Do(StrEnum):
    """What a transition does, apart from timers."""

    SEND = "send the message"
    RESEND = "send the last message again"
    ACK = "acknowledge the failure"
    DELIVER = "pass the message to the TU"
    TIMEOUT = "tell the TU: timeout"
    BROKEN = "tell the TU: transport error"


@dataclass(frozen=True, slots=True)
class Start:
    """Set a timer. A retransmission timer is longer at each start."""

    timer: TimerName


@dataclass(frozen=True, slots=True)
class Stop:
    """Clear a timer."""

    timer: TimerName


Action = Do | Start | Stop
Table = Mapping[tuple[State, Input], tuple[State, tuple[Action, ...]]]
