"""REGISTERs served in a second, by CPU time, the endpoint alone; beside them the bare reading of the same."""

import time
from collections.abc import Sequence

from signalling.sip.reading import parse_message
from tests.bench import sip_texts
from tests.bench.effort import Effort
from tests.bench.report import Figure, Yardstick
from tests.bench.sip_phones import Phones

PHONES = 500
REFRESHES = 4
"""Of each phone, in one repetition."""
STEP_S = 0.01
"""So nonces are answered in time."""


class NotServed(Exception):
    """A REGISTER was answered otherwise than the figure says."""


def measure(effort: Effort) -> list[Figure]:
    """Refreshes with digest, and the 401 to those that bring no proof."""
    figures = [(*_served(effort, "200"), *_served(effort, "401")) for _ in effort.rounds("REGISTERs")]
    refreshes, read, challenged, read_bare = zip(*figures, strict=True)
    return [
        Figure("REGISTER refreshed, by digest", "per s", refreshes, Yardstick("read alone", read)),
        Figure("REGISTER without proof, challenged", "per s", challenged, Yardstick("read alone", read_bare)),
    ]


def _served(effort: Effort, status: str) -> tuple[float, float]:
    """Served in a second with that answer, and read in a second."""
    phones = Phones(PHONES, trusted="", step_s=STEP_S)
    count = effort.count(PHONES)
    served = read = 0.0
    for cseq in range(1, REFRESHES + 1):
        nonces = [phones.nonce() if status == "200" else "" for _ in range(count)]
        requests = [sip_texts.register(f"phone{n}", cseq, nonce) for n, nonce in enumerate(nonces)]
        began = time.process_time()
        answers = [phones.send(request) for request in requests]
        served += time.process_time() - began
        _check(answers, status)
        began = time.process_time()
        for request in requests:
            parse_message(request)
        read += time.process_time() - began
    return count * REFRESHES / served, count * REFRESHES / read


def _check(answers: Sequence[Sequence[bytes]], status: str) -> None:
    for answer in answers:
        if len(answer) != 1 or not answer[0].startswith(f"SIP/2.0 {status}".encode()):
            raise NotServed(f"{answer[0][:40]!r} in place of {status}" if answer else "no answer")
