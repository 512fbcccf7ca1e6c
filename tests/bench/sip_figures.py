"""The signalling alone: texts, registrations, memory, and calls as SIPp counts them."""

from tests.bench import sip_loads, sip_memory, sip_messages, sip_registers
from tests.bench.effort import Effort
from tests.bench.report import Figure

PARTS = (sip_messages, sip_registers, sip_memory, sip_loads)


def measure(effort: Effort) -> list[Figure]:
    """Every figure of the part `sip`."""
    return [figure for part in PARTS for figure in part.measure(effort)]
