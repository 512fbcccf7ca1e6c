"""`[[trunks]]`: carriers and telephone systems, how calls go to them and come from them.

The same structs are the bodies of the operator's interface and what the store keeps: a trunk means the same
wherever it was written down.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Literal

import msgspec

from gateway.config.errors import Path as KeyPath

MAX_TARGETS = 20
"""Of one trunk: as many rounds as one leg hunts through."""
MAX_PREFIXES = 1_000
"""Of one trunk, allowed and denied each: more than there are country codes and premium ranges."""
MAX_NETWORKS = 100
MAX_CALLERS = 1_000
"""Numbers that a carrier lets a trunk show."""
MAX_HEADERS = 20
MOST_CALLS = 10_000
"""At once, or a second: more than one gateway can do."""
LONGEST_CALL_S = 86_400
REGISTRATION_S = (60, 86_400)
PROBE_S = (5, 3_600)
TIMEOUT_S = (1.0, 60.0)

PTIMES_MS = (10, 20, 30, 40, 60)
"""Packets that phones have."""

TRANSPORTS = ("udp", "tcp", "tls")
USUAL_CODECS = ("PCMU", "PCMA", "G722", "opus")
"""In the order in which a leg wants them that nobody has configured."""
CODECS = (*USUAL_CODECS, "L16")
"""All that there are. L16, which takes four times as much of a network, has to be asked for."""

Style = Literal["e164", "plus", "national"]


class TrunkTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[trunks.targets]]`: one of several servers of a trunk."""

    host: str
    port: int = 0
    """0: as DNS says (SRV), 5060 or 5061 where it says nothing."""
    transport: str = "udp"
    priority: int = 0
    """The lowest is tried first."""
    weight: int = 1
    """Share of the calls among targets of one priority."""


class NumberFormat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[trunks.called]` and `[trunks.caller]`: how the trunk writes the numbers that we know as E.164."""

    style: Style = "e164"
    """`e164`: 447700900000; `plus`: +447700900000; `national`: 07700900000."""
    country: str = ""
    """The country code that national numbers belong to."""
    national_prefix: str = "0"
    international_prefix: str = "00"
    strip: int = 0
    """Digits taken off the front of what we send, before `prepend`."""
    prepend: str = ""
    """Put in front of what we send (a technical prefix), and taken off what comes."""


class TrunkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A carrier or PBX. Calls leave by the first trunk with a prefix of the number, and hunt on from it."""

    name: str
    host: str = ""
    """Its only server; `targets` instead when there are several."""
    port: int = 5060
    transport: str = "udp"
    targets: tuple[TrunkTarget, ...] = ()
    timeout_s: float = 10.0
    """How long a target may say nothing of the called side before the next one is tried."""
    failover: tuple[str, ...] = ("timeout", "5xx")
    """What makes a call go on to the next target: timeout, classes (4xx, 5xx), status codes from 300 to 599.
    Without a connection it is 503. Nobody goes on after 6xx, and none at all with an empty list."""
    probe_s: int = 0
    """Seconds between OPTIONS to each target; those that do not answer are passed over. 0: none are sent."""

    networks: tuple[str, ...] = ()
    """Where its calls come from (CIDR), besides its targets' own addresses."""
    username: str = ""
    """What we answer when it challenges us, and register as."""
    password: str = ""
    realm: str = ""
    """The only realm that learns our credentials; any that the trunk names when empty."""
    register: bool = False
    register_expires_s: int = 3600
    inbound_username: str = ""
    """What it must answer when it calls from elsewhere than its networks."""
    inbound_password: str = ""

    codecs: tuple[str, ...] = USUAL_CODECS
    """In order of preference; no other is offered or agreed to."""
    srtp: str = "never"
    dtmf: str = "rfc4733"
    """How keys are sent and heard: rfc4733, info or in-band."""
    ptime_ms: int = 20
    """The packet time that we ask for."""
    rtcp_mux: bool = False
    """Agree to RTCP on the RTP port (RFC 5761)."""
    comfort_noise: bool = False
    """Agree to comfort noise in its pauses (RFC 3389)."""

    caller_id: str = "as-given"
    """as-given: what the call says; fixed: the first of `callers`; listed: as given if it is one of
    `callers`, else the first; withheld: nobody."""
    callers: tuple[str, ...] = ()
    asserted_identity: bool = False
    """Say who calls in P-Asserted-Identity too (RFC 3325): only to a trunk that is trusted with withheld
    numbers."""
    believe_identity: bool = True
    """Take its word for who calls, in P-Asserted-Identity or Remote-Party-ID, above From."""
    called: NumberFormat = NumberFormat()
    caller: NumberFormat = NumberFormat()
    pass_headers: tuple[str, ...] = ("X-", "User-to-User", "Diversion", "History-Info", "Identity")
    """What of the application's headers goes out, and of the trunk's comes in: names, or their beginnings."""
    headers: dict[str, str] = {}
    """Sent with every INVITE."""

    prefixes: tuple[str, ...] = ()
    """Leading digits of the numbers that may be called; none means no call goes out (closed toll policy)."""
    denied: tuple[str, ...] = ()
    """Leading digits of those that may not; where both match, the longer one counts."""
    calls_per_second: int = 0
    """Calls started through it; 0: as many as come."""
    max_calls: int = 0
    """At once, both ways; 0: as many as come."""
    max_duration_s: int = 0
    """Of an answered call; 0: as long as the leg may."""

    def all_targets(self) -> tuple[TrunkTarget, ...]:
        """Its servers, however they were written down."""
        own = TrunkTarget(host=self.host, port=self.port, transport=self.transport)
        return (own, *self.targets) if self.host else self.targets

    def leads_on(self) -> frozenset[int]:
        """The status codes after which the next target is called; silence is 408."""
        return frozenset(code for outcome in self.failover for code in OUTCOMES[outcome])


OUTCOMES: dict[str, range] = {
    "timeout": range(408, 409),
    "4xx": range(400, 500),
    "5xx": range(500, 600),
    **{str(code): range(code, code + 1) for code in range(300, 600)},
}
"""What `failover` may name, as status codes."""

CHOICES: dict[str, tuple[str, ...]] = {
    "srtp": ("never", "optional", "always"),
    "dtmf": ("rfc4733", "info", "in-band"),
    "caller_id": ("as-given", "fixed", "listed", "withheld"),
}
SECRETS = ("password", "inbound_password")
"""Never shown again."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGITS = re.compile(r"[0-9]{1,15}")
_DIALLED = re.compile(r"[0-9*#]{0,15}")
_CALLER = re.compile(r"[0-9]{3,15}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")

Wrong = tuple[KeyPath, object, str]
"""Where, what it holds, what it may hold."""


def trunk_problems(path: KeyPath, trunk: TrunkSettings) -> Iterator[Wrong]:
    """What the types do not say; hosts and ports are looked at elsewhere."""
    if not _NAME.fullmatch(trunk.name):
        yield (
            (*path, "name"),
            trunk.name,
            "1 to 64 letters, digits, dots, - and _: the name is used in addresses",
        )
    if not trunk.all_targets():
        yield (*path, "host"), trunk.host, "a host, or `targets` must have one"
    if len(trunk.all_targets()) > MAX_TARGETS:
        yield (*path, "targets"), len(trunk.all_targets()), f"at most {MAX_TARGETS} servers"
    for target in trunk.targets:
        if not (0 <= target.priority <= 65535 and 0 <= target.weight <= 65535):
            yield (*path, "targets"), [target.priority, target.weight], "priorities and weights of 0 to 65535"
    for key, allowed in CHOICES.items():
        if getattr(trunk, key) not in allowed:
            yield (*path, key), getattr(trunk, key), " or ".join(f'"{word}"' for word in allowed)
    if not trunk.codecs or len(set(trunk.codecs)) < len(trunk.codecs) or set(trunk.codecs) - set(CODECS):
        yield (*path, "codecs"), trunk.codecs, f"each at most once of {', '.join(CODECS)}"
    if len(set(trunk.failover)) < len(trunk.failover) or set(trunk.failover) - set(OUTCOMES):
        may_hold = "each at most once of timeout, 4xx, 5xx and status codes from 300 to 599"
        yield (*path, "failover"), trunk.failover, may_hold
    if trunk.ptime_ms not in PTIMES_MS:
        yield (*path, "ptime_ms"), trunk.ptime_ms, " or ".join(str(ptime) for ptime in PTIMES_MS)
    yield from _credentials(path, trunk)
    yield from _numbers(path, trunk)
    yield from _formats(path, trunk)
    yield from _headers(path, trunk)
    yield from _bounds(path, trunk)


def _credentials(path: KeyPath, trunk: TrunkSettings) -> Iterator[Wrong]:
    for network in trunk.networks[: MAX_NETWORKS + 1]:
        try:
            ip_network(network)
        except ValueError as error:
            yield (*path, "networks"), network, f'networks such as "192.0.2.0/28" ({error})'
    if len(trunk.networks) > MAX_NETWORKS:
        yield (*path, "networks"), len(trunk.networks), f"at most {MAX_NETWORKS}"
    if trunk.password and not trunk.username:
        yield (*path, "username"), "", "text, because the password for it is set"
    if trunk.register and not trunk.username:
        yield (*path, "username"), "", "text, because the trunk is to be registered with"
    if bool(trunk.inbound_username) != bool(trunk.inbound_password):
        missing = "inbound_password" if trunk.inbound_username else "inbound_username"
        yield (*path, missing), "", "text, because the other half of the pair is set"


def _numbers(path: KeyPath, trunk: TrunkSettings) -> Iterator[Wrong]:
    for key in ("prefixes", "denied"):
        prefixes: tuple[str, ...] = getattr(trunk, key)
        if len(prefixes) > MAX_PREFIXES:
            yield (*path, key), len(prefixes), f"at most {MAX_PREFIXES}"
        for prefix in prefixes:
            if not _DIGITS.fullmatch(prefix):
                yield (*path, key), prefix, 'the leading digits of numbers, such as "44"'
    for number in trunk.callers:
        if not _CALLER.fullmatch(number):
            yield (*path, "callers"), number, "numbers of 3 to 15 digits, country code first, no +"
    if len(trunk.callers) > MAX_CALLERS:
        yield (*path, "callers"), len(trunk.callers), f"at most {MAX_CALLERS}"
    if trunk.caller_id in ("fixed", "listed") and not trunk.callers:
        yield (*path, "callers"), [], f"a number, because caller_id is {trunk.caller_id}"


def _formats(path: KeyPath, trunk: TrunkSettings) -> Iterator[Wrong]:
    for key, format_ in (("called", trunk.called), ("caller", trunk.caller)):
        if format_.style == "national" and not _DIGITS.fullmatch(format_.country):
            yield (*path, key), format_.country, "a country code, because its style is national"
        if not 0 <= format_.strip <= 15:
            yield (*path, key), format_.strip, "0 to 15 digits to strip"
        for text in (format_.national_prefix, format_.international_prefix, format_.prepend):
            if not _DIALLED.fullmatch(text):
                yield (*path, key), text, "at most 15 digits, * and #"


def _headers(path: KeyPath, trunk: TrunkSettings) -> Iterator[Wrong]:
    for name in (*trunk.pass_headers, *trunk.headers):
        if not _HEADER.fullmatch(name):
            yield (*path, "headers"), name, "names of headers"
    for text in trunk.headers.values():
        if not (text.isprintable() and len(text) <= 255):
            yield (*path, "headers"), text, "printable text of at most 255 characters"
    if len(trunk.headers) > MAX_HEADERS or len(trunk.pass_headers) > MAX_HEADERS:
        yield (*path, "headers"), len(trunk.headers), f"at most {MAX_HEADERS} headers"


def _bounds(path: KeyPath, trunk: TrunkSettings) -> Iterator[Wrong]:
    for key, (least, most) in {
        "calls_per_second": (0, MOST_CALLS),
        "max_calls": (0, MOST_CALLS),
        "max_duration_s": (0, LONGEST_CALL_S),
        "register_expires_s": REGISTRATION_S,
        "timeout_s": TIMEOUT_S,
    }.items():
        if not least <= getattr(trunk, key) <= most:
            yield (*path, key), getattr(trunk, key), f"a number from {least:g} to {most:g}"
    least, most = PROBE_S
    if trunk.probe_s and not least <= trunk.probe_s <= most:
        yield (*path, "probe_s"), trunk.probe_s, f"0, or seconds from {least} to {most}"
