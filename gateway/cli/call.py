"""`cordboard call`: make a call and follow it to its end."""

import json
import time
from pathlib import Path
from typing import Any

import click

from gateway.cli.bodies import json_value
from gateway.cli.client import Client, RequestFailed
from gateway.cli.options import example
from gateway.cli.setup import Setup

LOOK_EVERY_S = 0.5
OVER = frozenset({"completed", "busy", "cancelled", "failed", "rejected", "timeout", "unanswered"})

FIRST_REFUSAL = 300
"""SIP codes below it refuse nothing (RFC 3261 §7.2)."""


@click.command(epilog=example("call 447700900000 447700900001 --answer-url http://127.0.0.1:3000/answer"))
@click.argument("from_", metavar="FROM")
@click.argument("to")
@click.option("--ncco", help='What the callee gets, as JSON: \'[{"action":"talk","text":"Hello"}]\'')
@click.option("--answer-url", help="Or the address that is asked for it")
@click.option("--app", help="The application's id or name; may be left out when there is only one key")
@click.option(
    "--keyfile", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its private key"
)
@click.option("--json", "as_json", is_flag=True, help="The call's state as one JSON object a line")
@click.pass_obj
def call(
    setup: Setup,
    from_: str,
    to: str,
    ncco: str | None,
    answer_url: str | None,
    app: str | None,
    keyfile: Path | None,
    as_json: bool,
) -> None:
    """Call TO (a number, sip:… or ws:…) from the number FROM. The exit status is 0 if it was answered."""
    body: dict[str, Any] = {"from": {"type": "phone", "number": from_}, "to": [endpoint(to)]}
    if (ncco is None) == (answer_url is None):
        raise click.UsageError("Say either --ncco or --answer-url.")
    if ncco is not None:
        body["ncco"] = json_value(ncco, "--ncco")
    else:
        body["answer_url"] = [answer_url]
    client = setup.application(app, keyfile)
    leg = client.post("/v1/calls", body)
    if not as_json:
        click.echo(f"{leg['uuid']} in {leg['conversation_uuid']}")
    state, shown = leg, ""
    while True:
        if state["status"] != shown:
            shown = state["status"]
            click.echo(json.dumps(state) if as_json else f"  {shown}")
        if shown in OVER:
            break
        time.sleep(LOOK_EVERY_S)
        state = client.get(f"/v1/calls/{leg['uuid']}")
    if not as_json and state.get("start_time"):
        click.echo(f"  {state.get('duration') or 0} s")
    if not state.get("start_time"):
        if not as_json and (why := _why(client, leg)):
            click.echo(f"  because: {why}", err=True)
        raise click.exceptions.Exit(1)


def _why(client: Client, leg: dict[str, Any]) -> str:
    """What the event of the leg's end says, and the SIP code of a refusal; empty when it says nothing."""
    path = f"/v1/conversations/{leg['conversation_uuid']}/events"
    try:
        events = client.get(path, event_type="sip:hangup", page_size=100).get("_embedded", [])
    except RequestFailed:
        return ""  # The status has been told; this only adds to it.
    for event in events:
        body = event["body"]
        if body["channel"]["id"] == leg["uuid"]:
            text, code = str(body["reason"]["text"]), body["reason"]["sip_code"]
            return f"{text} ({code})" if code >= FIRST_REFUSAL else text
    return ""


def endpoint(to: str) -> dict[str, str]:
    """The endpoint object that a word on the command line means."""
    if to.startswith(("sip:", "sips:")):
        return {"type": "sip", "uri": to}
    if to.startswith(("ws:", "wss:")):
        return {"type": "websocket", "uri": to, "content-type": "audio/l16;rate=16000"}
    return {"type": "phone", "number": to.removeprefix("+")}
