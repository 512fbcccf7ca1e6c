"""Hunting: a leg tries several places until one answers. Pure: values and time in, orders out.

A leg dials *rounds*, one after the other. A round is one or more *attempts* at once, each at a target of its
own. The first answer wins, and all other attempts are withdrawn. A round that found nobody gives way to the
next one when what it heard says that somebody else might answer: as a rule a server in trouble, or no word.

    orders = hunt.begin(now)               then, as it happens, and each time with orders as the outcome:
    hunt.answered(attempt)                 hunt.refused(attempt, status_code, now)
    hunt.expire(now) at hunt.due           hunt.give_up()
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from gateway.legs.sip_status import REQUEST_TIMEOUT, SERVICE_UNAVAILABLE
from gateway.states import step

T = TypeVar("T")

MAX_ROUNDS = 20
"""Of one leg: with the usual 5 s each, a caller has given up long before the last."""
MAX_PARALLEL = 10
"""Attempts of one round, as many as a user may register contacts: each costs an INVITE transaction."""

SERVER_FAILED = frozenset({REQUEST_TIMEOUT, *range(500, 600)})
"""What says that somebody else might answer: a server's trouble or no word, but no refusal."""

_PREFERRED = (401, 407, 415, 420, 484)
"""Of the 4xx those that say what could be mended (RFC 3261 section 16.7, step 6)."""


class State(StrEnum):
    """Of an attempt."""

    CALLING = "calling"
    WON = "won"
    WITHDRAWN = "withdrawn"
    """Cancelled, and its final response is still to come."""
    OVER = "over"


class Input(StrEnum):
    """What happens to an attempt."""

    ANSWER = "answer"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


TABLE: dict[tuple[State, Input], State] = {
    (State.CALLING, Input.ANSWER): State.WON,
    (State.CALLING, Input.REFUSE): State.OVER,
    (State.CALLING, Input.WITHDRAW): State.WITHDRAWN,
    # The answer crossed our CANCEL: it is hung up again, and the end of that call is still to come.
    (State.WITHDRAWN, Input.ANSWER): State.WITHDRAWN,
    (State.WITHDRAWN, Input.REFUSE): State.OVER,
}


@dataclass(frozen=True, slots=True)
class Round(Generic[T]):
    """Targets that are tried at once."""

    targets: tuple[T, ...]
    timeout_s: float | None = None
    """How long nobody may say a word: once one rings, it may ring as long as the leg may. None: for ever."""
    leads_on: frozenset[int] = SERVER_FAILED
    """The outcomes after which the next round is tried. One of 6xx ends the hunt all the same."""


@dataclass(frozen=True, slots=True)
class Invite(Generic[T]):
    """Call the target; `attempt` names it from now on."""

    attempt: int
    target: T


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Cancel the attempt, or hang it up when it has just been answered. Its end is to be told (`refused`)."""

    attempt: int
    elsewhere: bool
    """Another attempt won (RFC 3326: cause 200)."""


@dataclass(frozen=True, slots=True)
class Won:
    """This attempt is the call. Told at most once."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Nobody answered. Told at most once, and never after `Won`."""

    status_code: int
    """The best final response of all attempts."""


Order = Invite[T] | Withdraw | Won | Lost


def best(status_codes: Sequence[int]) -> int:
    """The final response that says most of several (RFC 3261 section 16.7, step 6); 503 of none."""
    return min(status_codes, key=_rank, default=SERVICE_UNAVAILABLE)


def _rank(status_code: int) -> tuple[int, int]:
    """By class, and in it what could be mended before all others, and silence last."""
    family = status_code // 100
    preference = 0 if status_code in _PREFERRED else 2 if status_code == REQUEST_TIMEOUT else 1
    return (0 if family == 6 else family, preference)


class Hunt(Generic[T]):
    """The attempts of one leg."""

    def __init__(self, rounds: Sequence[Round[T]]) -> None:
        """Raises ValueError for more rounds or targets than there may be."""
        if len(rounds) > MAX_ROUNDS:
            raise ValueError(f"at most {MAX_ROUNDS} rounds")
        if any(not 1 <= len(each.targets) <= MAX_PARALLEL for each in rounds):
            raise ValueError(f"a round has 1 to {MAX_PARALLEL} targets")
        self.due: float | None = None
        """When `expire` is to be called."""
        self.is_decided = False
        """Somebody answered, nobody will, or it was given up."""
        self._waiting = list(rounds)
        self._leads_on: frozenset[int] = SERVER_FAILED
        """Of the round that runs."""
        self._states: dict[int, State] = {}
        self._heard: list[int] = []
        self._heard_in_round: list[int] = []

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen: it is decided, and every attempt but the winner has ended."""
        return self.is_decided and set(self._states.values()) <= {State.OVER, State.WON}

    @property
    def is_alone(self) -> bool:
        """Whether one attempt runs, so that its early media may be heard."""
        return len(self._calling()) == 1

    def begin(self, now: float) -> list[Order[T]]:
        """Start the first round; lost with 503 when there is none."""
        return self._next_round(now)

    def ringing(self, attempt: int) -> None:
        """The attempt's target is there: the round waits for as long as the leg does."""
        if self._states.get(attempt) is State.CALLING:
            self.due = None

    def answered(self, attempt: int) -> list[Order[T]]:
        """The attempt's target took the call. One that was withdrawn is withdrawn again."""
        state = self._step(attempt, Input.ANSWER)
        if state is State.WITHDRAWN:
            return [Withdraw(attempt, elsewhere=State.WON in self._states.values())]
        self._decide()
        return [*self._withdraw_all(elsewhere=True), Won(attempt)]

    def refused(self, attempt: int, status_code: int, now: float) -> list[Order[T]]:
        """The attempt ended with a final response, or as if: 408 without any, 503 when it cannot be sent."""
        was_calling = self._states.get(attempt) is State.CALLING
        self._step(attempt, Input.REFUSE)
        if not was_calling or self.is_decided:
            return []
        self._hear(status_code)
        if status_code >= 600:
            return [*self._withdraw_all(elsewhere=False), *self._lose()]
        return [] if self._calling() else self._after_round(now)

    def expire(self, now: float) -> list[Order[T]]:
        """Do what is due."""
        if self.due is None or now < self.due:
            return []
        self.due = None
        self._hear(REQUEST_TIMEOUT)
        return [*self._withdraw_all(elsewhere=False), *self._after_round(now)]

    def give_up(self) -> list[Order[T]]:
        """Nobody wants an answer any more. Nothing is told of who wins or loses."""
        self._decide()
        return list(self._withdraw_all(elsewhere=False))

    def _after_round(self, now: float) -> list[Order[T]]:
        outcome = best(self._heard_in_round)
        return self._next_round(now) if outcome in self._leads_on else self._lose()

    def _next_round(self, now: float) -> list[Order[T]]:
        if not self._waiting:
            return self._lose()
        following = self._waiting.pop(0)
        self._heard_in_round = []
        self._leads_on = following.leads_on
        self.due = None if following.timeout_s is None else now + following.timeout_s
        first = len(self._states)
        invites = [Invite(first + place, target) for place, target in enumerate(following.targets)]
        self._states |= {invite.attempt: State.CALLING for invite in invites}
        return list(invites)

    def _lose(self) -> list[Order[T]]:
        self._decide()
        return [Lost(best(self._heard))]

    def _decide(self) -> None:
        self.is_decided = True
        self.due = None
        self._waiting = []

    def _hear(self, status_code: int) -> None:
        self._heard.append(status_code)
        self._heard_in_round.append(status_code)

    def _withdraw_all(self, *, elsewhere: bool) -> list[Withdraw]:
        withdrawn = [Withdraw(attempt, elsewhere) for attempt in self._calling()]
        for each in withdrawn:
            self._step(each.attempt, Input.WITHDRAW)
        return withdrawn

    def _calling(self) -> list[int]:
        return [attempt for attempt, state in self._states.items() if state is State.CALLING]

    def _step(self, attempt: int, symbol: Input) -> State:
        """Raises IllegalTransition for an attempt that has ended, and KeyError for none of ours."""
        self._states[attempt] = step(TABLE, self._states[attempt], symbol)
        return self._states[attempt]
