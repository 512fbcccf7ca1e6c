"""Where a number is forwarded to without an application: `voiceCallbackType` sip and tel (Numbers API). Pure.

The value is one target, or several in the order in which they are tried, separated by commas. Each may have a
`timeout`: how many milliseconds it may say nothing before the next one is tried. What else SIP addresses have
(`transport`, `media=srtp`) stays with them.
"""

import re
from typing import Literal

import msgspec

from gateway import forms
from gateway.routing.number_format import is_e164

MAX_TARGETS = 10
"""Of one number: with the shortest timeouts, a caller waits 20 s until the last is asked."""
TIMEOUT_MS = (2_000, 20_000)
DEFAULT_TIMEOUT_MS = 5_000
TRANSPORTS = ("udp", "tcp", "tls")
MEDIA = ("srtp", "rtp")

ForwardType = Literal["sip", "tel"]

_BETWEEN_SIP = re.compile(r",\s*(?=sips?:)")
_SIP_URI = re.compile(forms.SIP_URI)
_TIMEOUT = re.compile(r"[0-9]{1,6}")


class ForwardTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One of the places."""

    address: str
    """A SIP URI, or a number as E.164 without the plus."""
    timeout_s: float = DEFAULT_TIMEOUT_MS / 1000
    """How long it may say nothing."""


class ForwardEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a forwarded call goes. No application can name one: the number does."""

    type: ForwardType
    targets: tuple[ForwardTarget, ...]
    number: str = ""
    """Which number it is that forwards."""
    headers: dict[str, str] = {}
    """Those of the call that came in, which go along."""

    @property
    def address(self) -> dict[str, str]:
        """The first target, as the `to` of calls."""
        first = self.targets[0].address
        return {"type": "phone", "number": first} if self.type == "tel" else {"type": "sip", "uri": first}


def read_forwarding(type_: ForwardType, value: str) -> ForwardEndpoint:
    """The targets of a number. Raises ValueError with the reason."""
    items = _BETWEEN_SIP.split(value) if type_ == "sip" else value.split(",")
    if len(items) > MAX_TARGETS:
        raise ValueError(f"at most {MAX_TARGETS} targets, separated by commas")
    return ForwardEndpoint(type=type_, targets=tuple(_target(type_, item.strip()) for item in items))


def _target(type_: ForwardType, text: str) -> ForwardTarget:
    address, *parameters = text.split(";")
    timeout_ms, kept = DEFAULT_TIMEOUT_MS, []
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        match name.lower():
            case "timeout":
                timeout_ms = _timeout(value)
            case "media" if value.lower() not in MEDIA:
                raise ValueError(f"media must be {' or '.join(MEDIA)}, not {value!r}")
            case "transport" if value.lower() not in TRANSPORTS:
                raise ValueError(f"transport must be one of {', '.join(TRANSPORTS)}, not {value!r}")
            case _:
                kept.append(parameter)
    address = ";".join([_address(type_, address, kept), *kept])
    return ForwardTarget(address=address, timeout_s=timeout_ms / 1000)


def _address(type_: ForwardType, address: str, kept: list[str]) -> str:
    if type_ == "sip":
        if not _SIP_URI.fullmatch(address) or len(address) > 255 or "," in address.rpartition("@")[2]:
            raise ValueError(f"{address!r} is not {forms.WORDS[forms.SIP_URI]}")
        return address
    number = address.removeprefix("+")
    if not is_e164(number) or kept:
        raise ValueError(f"{address!r} is not {forms.WORDS[forms.E164]}, with no parameter but timeout")
    return number


def _timeout(value: str) -> int:
    least, most = TIMEOUT_MS
    if not (_TIMEOUT.fullmatch(value) and least <= int(value) <= most):
        raise ValueError(f"timeout must be {least} to {most} milliseconds, not {value!r}")
    return int(value)
