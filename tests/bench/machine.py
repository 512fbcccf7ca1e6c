"""The machine that a bench runs on: what it is, who else uses it, and how much CPU a process took."""

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

SERVED_CPU = 0
"""Where what is measured runs."""
BENCH_CPU = 1
"""Where the bench itself runs while it loads what is measured."""
MAX_FOREIGN = 0.05
"""Share of the machine that others may use during a run before the reader is warned."""

_ALLOWED = os.sched_getaffinity(0)
"""The CPUs that the bench may use, from before it restrained itself."""


def describe() -> dict[str, str]:
    """The facts that a figure depends on."""
    return {
        "Machine": f"{os.cpu_count()} cores, {_cpu_model()}, load average {os.getloadavg()[0]:.2f} at start",
        "System": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def cpu_s(pid: int) -> float:
    """CPU seconds, user and system, that all threads of a process have used since it began."""
    # Linux makes the clock id of clock_getcpuclockid(3) so; unlike /proc it counts in nanoseconds.
    return time.clock_gettime((~pid << 3) | 2)


def rss_mb(pid: int) -> float:
    """MB of memory that a process has resident, its children apart."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def pss_mb(pid: int) -> float:
    """MB of memory of a process, of pages that it shares only its part: those of several may be added."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.partition("\nPss:")[2].split()[0]) * 1024 / 1e6


@contextlib.contextmanager
def pinned(cpu: int) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, on one CPU; without so many CPUs, do nothing.

    One within another moves to the inner CPU for that time.
    """
    before = os.sched_getaffinity(0)
    if cpu in _ALLOWED:
        os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Jiffies(msgspec.Struct, frozen=True):
    """CPU seconds of the whole machine since it began, and of this process with its ended children."""

    busy: float
    stolen: float
    ours: float
    at: float

    @classmethod
    def now(cls) -> "Jiffies":
        fields = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        user, nice, system, _idle, _iowait, irq, softirq, stolen = (
            field / os.sysconf("SC_CLK_TCK") for field in fields
        )
        mine = os.times()
        ours = mine.user + mine.system + mine.children_user + mine.children_system
        return cls(user + nice + system + irq + softirq, stolen, ours, time.monotonic())


def foreign_load(start: Jiffies, end: Jiffies) -> list[str]:
    """Warnings, when others used the machine between two moments."""
    capacity = (end.at - start.at) * (os.cpu_count() or 1)
    others = (end.busy - start.busy - (end.ours - start.ours)) / capacity
    stolen = (end.stolen - start.stolen) / capacity
    warnings = []
    if others > MAX_FOREIGN:
        warnings.append(f"other programs used {others:.0%} of the machine meanwhile: trust the ratios only")
    if stolen > MAX_FOREIGN:
        warnings.append(f"the host withheld {stolen:.0%} of the machine meanwhile: trust the ratios only")
    if (os.cpu_count() or 1) < 2:
        warnings.append("there is one CPU only: the bench shared it with what it measured")
    return warnings


def _cpu_model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown CPU"
