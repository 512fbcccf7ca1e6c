"""Capabilities of an application as options: its webhooks, and what else it can."""

import functools
from typing import Any

import click

from gateway.cli.bodies import JsonObject
from gateway.cli.options import Command, all_of

WEBHOOKS = {
    "answer_url": ("voice", "GET"),
    "event_url": ("voice", "POST"),
    "fallback_answer_url": ("voice", "GET"),
    "rtc_event_url": ("rtc", "POST"),
}
"""Each URL that can be said, the capability that it belongs to, and how it is asked when that is not said."""

_METHOD = click.Choice(["GET", "POST"])
_described = all_of(
    click.option("--answer-url", "--voice-answer-url", help="Asked for the NCCO when a call comes in"),
    click.option("--answer-method", "--voice-answer-method", "answer_url_method", type=_METHOD),
    click.option("--event-url", "--voice-event-url", help="Told what happens to calls"),
    click.option("--event-method", "--voice-event-method", "event_url_method", type=_METHOD),
    click.option(
        "--fallback-answer-url", "--voice-fallback-answer-url", help="Asked when the answer URL fails"
    ),
    click.option(
        "--fallback-answer-method",
        "--voice-fallback-answer-method",
        "fallback_answer_url_method",
        type=_METHOD,
    ),
    click.option("--rtc-event-url", help="Told what happens in conversations"),
    click.option("--rtc-event-method", "rtc_event_url_method", type=_METHOD),
    click.option("--capabilities", type=JsonObject(), help="Others, as a JSON object"),
)


def describes(command: Command) -> Command:
    """The command takes webhooks and capabilities, and gets them as `said`."""

    @functools.wraps(command)
    def run(*arguments: object, capabilities: dict[str, Any] | None, **values: Any) -> None:  # noqa: ANN401 - as click gives them
        said = dict(capabilities or {})
        for kind, (capability, usual) in WEBHOOKS.items():
            address, method = values.pop(kind), values.pop(f"{kind}_method")
            if address is not None:
                webhooks = said.setdefault(capability, {}).setdefault("webhooks", {})
                name = kind.removeprefix("rtc_")
                webhooks[name] = {"address": address, "http_method": method or usual}
            elif method is not None:
                raise click.UsageError(f"A method needs its URL: --{kind.replace('_', '-')}.")
        command(*arguments, said=said, **values)

    return _described(run)
