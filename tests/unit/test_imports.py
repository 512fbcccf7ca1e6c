"""Who may import whom: the table of the architecture page, as data, checked against every module.

Imports inside functions and under TYPE_CHECKING count like any other.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PACKAGES = ("signalling", "media", "gateway")

CLOCKS_AND_SOCKETS = ("asyncio", "random", "secrets", "selectors", "socket", "threading", "time")
"""What a pure package gets as arguments instead: `now`, a factory, octets."""

HTTP_CLIENTS = ("aiohttp", "http.client", "urllib.request", "requests", "httpx")
"""For the one door to hosts that customers name, and for hosts that the operator names."""


@dataclass(frozen=True)
class Rule:
    """What modules in `packages` may import. A package's name stands for all that is below it."""

    packages: tuple[str, ...]
    besides: tuple[str, ...] = ()
    """Packages inside those that the rule leaves alone."""
    never: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    """Exceptions from `never`."""
    only: tuple[str, ...] | None = None
    """When given: nothing outside the standard library but these."""


RULES = (
    Rule(("signalling",), never=("gateway", "media")),
    Rule(
        ("signalling.sip", "signalling.sdp"),
        only=("signalling.sip", "signalling.sdp"),
        never=CLOCKS_AND_SOCKETS,
    ),
    Rule(("media",), never=("gateway", "signalling")),
    Rule(("media.control",), only=("msgspec", "media.control")),
    Rule(("media.rtp", "media.codecs", "media.dsp", "media.files"), never=("asyncio",)),
    Rule(("gateway",), besides=("gateway.app", "gateway.cli"), never=("media",), but=("media.control",)),
    Rule(("gateway",), besides=("gateway.app", "gateway.legs"), never=("signalling",)),
    Rule(
        ("gateway.conversation", "gateway.ncco"),
        only=(
            "msgspec",
            "gateway.conversation",
            "gateway.errors",
            "gateway.forms",
            "gateway.ncco",
            "gateway.reading",
            "gateway.routing.endpoints",
            "gateway.routing.forwarding",
            "gateway.states",
            "gateway.store.records",
        ),
        never=CLOCKS_AND_SOCKETS,
    ),
    Rule(
        ("gateway",),
        besides=(
            "gateway.webhooks.connections",
            "gateway.webhooks.download",
            "gateway.webhooks.egress",
            "gateway.payments.processor",
            "gateway.cli",
            "gateway.demo",
        ),
        never=HTTP_CLIENTS,
        but=("aiohttp.web", "aiohttp.BodyPartReader", "aiohttp.http_exceptions", "aiohttp.typedefs"),
    ),
    Rule(
        ("media",),
        besides=("media.legs.websocket", "media.speech.remote"),
        never=HTTP_CLIENTS,
    ),
    Rule(("gateway.api", "gateway.store", "gateway.routing", "gateway.webhooks"), never=("media",)),
)


def is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def imports_of(source: str, module: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Every (line, full name) that a module imports. `from a import b` gives `a.b`: b may be a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            levels = node.level - is_package
            parents = module.split(".")[: len(module.split(".")) - levels] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def fault_of(module: str, imported: str) -> str | None:
    """Say which rule forbids the import, None when none does."""
    for rule in RULES:
        if not is_within(module, rule.packages) or is_within(module, rule.besides):
            continue
        owner = " and ".join(rule.packages)
        if is_within(imported, rule.never) and not is_within(imported, rule.but):
            return f"{owner} must not import {', '.join(rule.never)}"
        is_foreign = imported.partition(".")[0] not in sys.stdlib_module_names
        if rule.only is not None and is_foreign and not is_within(imported, rule.only):
            return f"{owner} may import the standard library and {', '.join(rule.only)} only"
    return None


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_module_keeps_to_the_table(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    module = ".".join(parts[:-1] if is_package else parts)
    faults = [
        f"{path.relative_to(ROOT)}:{line} imports {imported}, but {fault}"
        for line, imported in imports_of(path.read_text(), module, is_package=is_package)
        if (fault := fault_of(module, imported))
    ]
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("signalling.sip.uri", "import time"),
        ("signalling.sip.uri", "from asyncio import sleep"),
        ("signalling.sip.uri", "def f():\n    import socket"),
        ("signalling.sip.uri", "if TYPE_CHECKING:\n    from media.control import Play"),
        ("signalling.sip.uri", "import msgspec"),
        ("signalling.sip.headers.via", "from ...io import udp"),
        ("signalling.io.udp", "import gateway.config"),
        ("media.worker", "from signalling.sdp.stream import StreamSpec"),
        ("media.control", "from media.engine import room"),
        ("media.rtp.latch", "import asyncio"),
        ("gateway.legs.sip", "from media.engine import room"),
        ("gateway.legs.sip", "from media import engine"),
        ("gateway.supervisor", "from signalling.sdp.stream import StreamSpec"),
        ("gateway.conversation.leg", "import aiohttp"),
        ("gateway.ncco.script", "import random"),
        ("gateway.api.calls", "from signalling.sip.calls import Flow"),
        ("gateway.api.calls", "from aiohttp import ClientSession, web"),
        ("gateway.calls.prompts", "import urllib.request"),
        ("media.worker.process", "import aiohttp"),
    ],
)
def test_what_the_table_forbids_is_found(module: str, source: str) -> None:
    assert [imported for _, imported in imports_of(source, module) if fault_of(module, imported)]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("signalling.sip.uri", "import re, urllib.parse\nfrom signalling.sdp.stream import StreamSpec"),
        ("signalling.sip.headers.via", "from ..grammar import token"),
        ("media.rtp.latch", "import numpy, time"),
        ("gateway.legs.sip", "import asyncio\nfrom media import control\nfrom signalling.io import udp"),
        ("gateway.conversation.leg", "import msgspec\nfrom gateway.store.records import LegRecord"),
        ("gateway.app", "from media.files import wav"),
        ("gateway.api.calls", "import http\nfrom aiohttp import web"),
        ("mediation.thing", "import gateway"),
    ],
)
def test_what_the_table_allows_is_not(module: str, source: str) -> None:
    assert not [imported for _, imported in imports_of(source, module) if fault_of(module, imported)]
