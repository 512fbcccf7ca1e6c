"""Memory of idle registrations, established dialogs and lingering transactions: RSS of a process of its own.

`python -m tests.bench.sip_memory registration|dialog|transaction COUNT` prints the kB of one.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable

from tests.bench import sip_texts
from tests.bench.effort import Effort
from tests.bench.machine import rss_mb
from tests.bench.report import Figure
from tests.bench.sip_phones import Phones

COUNTS = {"registration": 5000, "dialog": 1000, "transaction": 10_000}
NAMES = {
    "registration": "Memory of an idle registration",
    "dialog": "Memory of an established dialog",
    "transaction": "Memory of a transaction that lingers after its call",
}
FIRST = 100
"""Done before anything is counted: so everything is there that is there once."""
BUSY_STEP_S = 0.0005
"""Nothing of what lingers ends meanwhile."""
LIMIT_S = 120.0


def measure(effort: Effort) -> list[Figure]:
    """Each in processes of its own, one for each repetition."""
    found: dict[str, list[float]] = {kind: [] for kind in COUNTS}
    for _ in effort.rounds("memory"):
        for kind, count in COUNTS.items():
            found[kind].append(_ask(kind, effort.count(count)))
    return [Figure(NAMES[kind], "kB", tuple(values)) for kind, values in found.items()]


def _ask(kind: str, count: int) -> float:
    command = (sys.executable, "-m", "tests.bench.sip_memory", kind, str(count))
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=LIMIT_S).stdout)


def registration(count: int) -> float:
    """The kB of a phone that is there for an hour."""
    phones = Phones(count + FIRST, trusted="")

    def register(index: int) -> None:
        phones.send(sip_texts.register(f"phone{index}", 1, phones.nonce()))

    used = _growth(register, phones.calm, count)
    if len(phones.endpoint.registrar) != count + FIRST:
        raise RuntimeError("a registration was refused")
    return used / count


def dialog(count: int) -> float:
    """The kB of a call that is answered, with nothing lingering beside it."""
    phones = Phones(0)

    def call(index: int) -> None:
        phones.call(f"c{index}")

    used = _growth(call, phones.calm, count)
    if phones.endpoint.calls != count + FIRST:
        raise RuntimeError("a call is missing")
    return used / count


def transaction(count: int) -> float:
    """The kB of one of the two that a call leaves behind."""
    phones = Phones(0, step_s=BUSY_STEP_S)

    def call(index: int) -> None:
        phones.hang_up(f"c{index}", phones.call(f"c{index}"))

    used = _growth(call, gc.collect, count // 2)
    return used / (phones.endpoint.pending_transactions - 2 * FIRST)


def _growth(do: Callable[[int], None], settle: Callable[[], object], count: int) -> float:
    """The kB that `count` of them add to this process."""
    for index in range(FIRST):
        do(index)
    before = _kb(settle)
    for index in range(FIRST, FIRST + count):
        do(index)
    return _kb(settle) - before


def _kb(settle: Callable[[], object]) -> float:
    settle()
    gc.collect()
    return rss_mb(os.getpid()) * 1000


if __name__ == "__main__":
    measured = {"registration": registration, "dialog": dialog, "transaction": transaction}[sys.argv[1]]
    sys.stdout.write(f"{measured(int(sys.argv[2]))}\n")
