"""Which stacks the gateway works with, feature by feature: the facts of docs/interop.md.

A test of a cell of the table carries the marker `cell(stack, feature)`. `pytest --interop FILE` writes as
JSON how the cells went; `scripts/interop` makes the page of it. A cell is either tested or in `LIMITS`.
"""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

CALL_IN = "call in"
CALL_OUT = "call out"
AUDIO = "audio both ways"
HOLD = "hold and resume"
TRANSFER = "blind transfer (REFER)"
ATTENDED = "attended transfer (Replaces)"
KEYS_IN = "keys to the gateway (RFC 4733)"
KEYS_OUT = "keys from the gateway (RFC 4733)"
KEYS_BY_INFO = "keys to the gateway (INFO)"
SRTP = "SRTP (SDES)"
TCP = "TCP"
TLS = "TLS"
REGISTRATION = "registration"
EARLY_MEDIA = "early media (183)"
G722, OPUS = "G.722", "Opus"
TIMER = "session timer"
PRACK = "reliable provisionals (PRACK)"
OPTIONS = "OPTIONS"

FEATURES = (
    CALL_IN, CALL_OUT, AUDIO, HOLD, TRANSFER, ATTENDED, KEYS_IN, KEYS_OUT, KEYS_BY_INFO, SRTP, TCP, TLS,
    REGISTRATION, EARLY_MEDIA, G722, OPUS, TIMER, PRACK, OPTIONS,
)  # fmt: skip

BARESIP = "baresip-python"
DEBIAN = "Debian's baresip"
PJSUA = "pjsua2-python"
PYVOIP = "pyVoIP"
SIPP = "SIPp"
SIPSAK = "sipsak"
KAMAILIO = "Kamailio in front"

STACKS = {
    BARESIP: "0.5.2a3, a phone on libre, called from Python",
    DEBIAN: "1.0.0 of Debian 12, the program, driven over its control port",
    PJSUA: "2.15.1, a phone on PJSIP, called from Python before 3.13",
    PYVOIP: "1.6.8, a phone in pure Python, in a process of its own",
    SIPP: "3.6.1 of Debian 12, which plays scenarios of fixtures/sipp",
    SIPSAK: "0.9.8.1 of Debian 12, which asks and registers",
    KAMAILIO: "5.6.3 of Debian 12, with Record-Route and Path, before baresip-python or, for more, pjsua2",
}
"""Every stack, and which one that is."""

_NO_CALLS = "sipsak sends single requests; it makes no calls"
_UDP_ONLY = "pyVoIP speaks SIP over UDP and plain RTP, nothing else"
_G711_ONLY = "pyVoIP has no codecs but G.711"
_NO_CODECS = "SIPp has no codecs of its own"
_NO_MEDIA = "Kamailio has no part in media: codecs are those of the phone behind it"

LIMITS: dict[str, dict[str, str]] = {
    BARESIP: {
        TIMER: "baresip has no session timers (RFC 4028)",
        OPTIONS: "its interface has no way to send OPTIONS",
    },
    DEBIAN: {
        HOLD: "baresip 1.0 plays nothing any more after it has held a call, whoever the peer is",
        ATTENDED: "baresip 1.0 has no Replaces",
        KEYS_BY_INFO: "baresip 1.0 sends keys by RFC 4733 alone",
        TIMER: "baresip has no session timers (RFC 4028)",
        PRACK: "baresip 1.0 has no PRACK",
    },
    PJSUA: {OPUS: "pjsua2-python's wheel is built without Opus"},
    PYVOIP: {
        HOLD: "pyVoIP has no hold",
        ATTENDED: "pyVoIP has no REFER",
        TRANSFER: "pyVoIP has no REFER",
        KEYS_IN: "pyVoIP receives keys, and cannot send any",
        KEYS_BY_INFO: "pyVoIP has no INFO",
        SRTP: _UDP_ONLY,
        TCP: _UDP_ONLY,
        TLS: _UDP_ONLY,
        EARLY_MEDIA: "pyVoIP sends no 183, and passes over one that it gets",
        G722: _G711_ONLY,
        OPUS: _G711_ONLY,
        TIMER: "pyVoIP has no session timers",
        PRACK: "pyVoIP has no PRACK",
        OPTIONS: "pyVoIP sends no OPTIONS",
    },
    SIPP: {
        KEYS_OUT: "SIPp does not look into RTP",
        ATTENDED: "a scenario of SIPp is one dialog; two are joined in tests/interop/sip/test_refer.py",
        SRTP: "SIPp has no SRTP before 3.7",
        TLS: "Debian's SIPp is built without TLS",
        G722: _NO_CODECS,
        OPUS: _NO_CODECS,
    },
    SIPSAK: {
        **{feature: _NO_CALLS for feature in FEATURES if feature not in (OPTIONS, TCP, REGISTRATION)},
        TLS: "sipsak 0.9.8 sends over TLS, but fails to read what comes back",
    },
    KAMAILIO: dict.fromkeys((G722, OPUS), _NO_MEDIA),
}
"""Stack → feature → what the other stack cannot do."""

_BY_MD5 = "with `[sip] digest_algorithms` of MD5 alone: it takes no challenge where SHA-256 stands beside"
_BY_MESSAGES = "judged by its messages alone"
_REFRESHED_ONCE = (
    "the phone refreshes it at once; refreshes that come by the clock are in tests/interop/sip/test_timing.py"
)

NOTES: dict[str, dict[str, str]] = {
    BARESIP: {EARLY_MEDIA: "it hears early media, and rings with 180 alone itself"},
    DEBIAN: {
        REGISTRATION: _BY_MD5,
        EARLY_MEDIA: "it hears early media and sends 183 itself, but says nothing before it answers",
    },
    PJSUA: {TIMER: _REFRESHED_ONCE},
    PYVOIP: {REGISTRATION: _BY_MD5},
    SIPP: dict.fromkeys((HOLD, TRANSFER, TCP, TIMER, PRACK), _BY_MESSAGES),
    KAMAILIO: {TIMER: _REFRESHED_ONCE},
}
"""Stack → feature → what is to be known of a cell that passes."""

Cell = tuple[str, str]


def cells() -> list[Cell]:
    """The stack and feature of every cell that there is to test."""
    return [(stack, feature) for stack in STACKS for feature in FEATURES if feature not in LIMITS[stack]]


OUTCOMES = pytest.StashKey[dict[str, dict[str, str]]]()
_WORST_FIRST = ("failed", "skipped", "passed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--interop", metavar="FILE", help="write how the cells of the interop table went, as JSON"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[OUTCOMES] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or not report.passed:
        for mark in item.iter_markers("cell"):
            stack, feature = mark.args
            known = item.config.stash[OUTCOMES].setdefault(stack, {})
            known[feature] = min(known.get(feature, report.outcome), report.outcome, key=_WORST_FIRST.index)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    target = session.config.getoption("interop")
    if target:
        content = json.dumps(session.config.stash[OUTCOMES], indent=1, sort_keys=True)
        Path(target).write_text(content + "\n", "utf-8")
