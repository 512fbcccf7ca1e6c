"""`cordboard leg`: calls that are there, one end at a time: steer them, and act on their sound."""

from pathlib import Path
from typing import Any

import click

from gateway.cli import leg_sight
from gateway.cli.bodies import given, json_value
from gateway.cli.client import Client, path_to
from gateway.cli.events import end
from gateway.cli.options import asks, example, for_application, lists, many, shows
from gateway.cli.pages import every
from gateway.cli.show import Columns, Output

LEG = "63f61863-4a51-4f6b-86e1-46edebcf9356"

COLUMNS: Columns = {
    "id": "id",
    "type": "type",
    "direction": "direction",
    "from": lambda leg: end(leg["from"]),
    "to": lambda leg: end(leg["to"]),
    "status": "status",
    "start": "start_time",
    "s": "duration",
    "conversation": "conversation_id",
}
ACTIONS = {
    "hangup": ("hung up", "Hang up each LEG."),
    "mute": ("muted", "Let nobody hear each LEG."),
    "unmute": ("unmuted", "Let each LEG be heard again."),
    "earmuff": ("earmuffed", "Let each LEG hear nobody."),
    "unearmuff": ("unearmuffed", "Let each LEG hear again."),
}

_STOP = click.option("--stop", is_flag=True, help="End it instead")
_LEVEL = click.option("--level", type=click.FloatRange(-1, 1), help="-1 is softer, 1 louder")
_LOOP = click.option("--loop", type=click.IntRange(0), help="How often; 0 until it is stopped")


@click.group()
def leg() -> None:
    """List, steer and end the legs of calls; speak, play, dial and record in them."""


@leg.command("list", epilog=example("leg list --status answered"))
@click.option("--status", help="Such as answered")
@click.option("--conversation", help="CON-…")
@click.option("--date-start", help="Begun since: 2026-01-31T12:00:00Z")
@click.option("--date-end", help="Begun before")
@click.option("--order", type=click.Choice(["asc", "desc"]))
@lists
@for_application
def list_(
    client: Client, out: Output, limit: int | None, conversation: str | None, **query: str | int | None
) -> None:
    """List the application's legs."""
    found = every(client, "/v1/legs", "legs", limit=limit, conversation_id=conversation, **query)
    out.listing(COLUMNS, found, empty="There is no such leg. `cordboard call FROM TO --ncco …` makes one.")


@leg.command(epilog=example(f"leg show {LEG}", f"leg show {LEG} --pcap call.pcap"))
@click.argument("id_", metavar="LEG")
@click.option(
    "--pcap",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write its SIP messages to FILE, for Wireshark and its kin",
)
@shows
@for_application
def show(client: Client, id_: str, out: Output, pcap: Path | None) -> None:
    """Show LEG: what it is, how its audio was, and what went over the wire for it."""
    shown = client.get(_path(id_))
    if out.ids_only:
        out.thing(shown)
        return
    sight = client.get(path_to("v1", "legs", id_, "trace"))
    if pcap is not None:
        if not sight["messages"]:
            raise click.ClickException(leg_sight.NOTHING_SAID)
        pcap.write_bytes(leg_sight.capture(sight))
    if out.as_json:
        out.thing({**shown, **{name: sight[name] for name in leg_sight.MEMBERS}})
        return
    out.thing(shown)
    for line in leg_sight.lines(sight):
        click.echo(line)


def _steering(action: str, done: str, words: str) -> None:
    @shows
    @for_application
    def steer(client: Client, ids: tuple[str, ...], out: Output) -> None:
        for id_ in ids:
            client.put(_path(id_), {"action": action})
            out.done(id_, done)

    # A call that is hung up does not come back; the rest is undone by its counterpart.
    command = asks("Hang up")(steer) if action == "hangup" else steer
    leg.command(action, help=words, epilog=example(f"leg {action} {LEG}"))(many("LEG")(command))


for _action, (_done, _words) in ACTIONS.items():
    _steering(_action, _done, _words)


@leg.command(epilog=example(f'leg transfer {LEG} --ncco \'[{{"action":"talk","text":"One moment"}}]\''))
@click.argument("id_", metavar="LEG")
@click.option("--ncco", help="What it gets now, as JSON")
@click.option("--answer-url", help="Or the address that is asked for it")
@shows
@for_application
def transfer(client: Client, id_: str, ncco: str | None, answer_url: str | None, out: Output) -> None:
    """Let LEG go on with another NCCO."""
    if (ncco is None) == (answer_url is None):
        raise click.UsageError("Say either --ncco or --answer-url.")
    where = {"ncco": json_value(ncco, "--ncco")} if ncco is not None else {"url": [answer_url]}
    client.put(path_to("v1", "calls", id_), {"action": "transfer", "destination": {"type": "ncco", **where}})
    out.done(id_, "transferred")


@leg.command(epilog=example(f"leg talk {LEG} 'Good morning' --language en-GB", f"leg talk {LEG} --stop"))
@click.argument("id_", metavar="LEG")
@click.argument("text", required=False)
@click.option("--language", help="[default: en-US]")
@click.option("--style", type=click.IntRange(0), help="Which of the language's voices")
@_LEVEL
@_LOOP
@_STOP
@shows
@for_application
def talk(client: Client, id_: str, text: str | None, stop: bool, out: Output, **wanted: object) -> None:
    """Say TEXT, which may be SSML, to LEG."""
    _need(stop, text, "TEXT")
    _act(client, id_, "talk", stop, wanted | {"text": text})
    out.done(id_, "silent" if stop else "spoken to")


@leg.command(
    epilog=example(f"leg stream {LEG} https://example.com/music.mp3 --loop 0", f"leg stream {LEG} --stop")
)
@click.argument("id_", metavar="LEG")
@click.argument("url", required=False)
@_LEVEL
@_LOOP
@_STOP
@shows
@for_application
def stream(
    client: Client,
    id_: str,
    url: str | None,
    stop: bool,
    out: Output,
    **wanted: object,
) -> None:
    """Play the sound file at URL to LEG."""
    _need(stop, url, "URL")
    _act(client, id_, "stream", stop, wanted | {"stream_url": [url]})
    out.done(id_, "silent" if stop else "played to")


@leg.command(epilog=example(f"leg dtmf {LEG} 12p34#"))
@click.argument("id_", metavar="LEG")
@click.argument("digits")
@shows
@for_application
def dtmf(client: Client, id_: str, digits: str, out: Output) -> None:
    """Send DIGITS to LEG; p is a pause of half a second."""
    _act(client, id_, "dtmf", False, {"digits": digits})
    out.done(id_, "dialled")


@leg.command(epilog=example(f"leg record {LEG} --format wav --split", f"leg record {LEG} --stop"))
@click.argument("id_", metavar="LEG")
@click.option("--format", type=click.Choice(["mp3", "wav", "ogg"]), help="Of the file [default: mp3]")
@click.option("--split", is_flag=True, help="Both sides on channels of their own")
@click.option("--beep", is_flag=True, help="At its begin and its end")
@click.option("--validity-time", type=click.FloatRange(1, 44_640), help="Minutes that the file is kept")
@_STOP
@shows
@for_application
def record(client: Client, id_: str, stop: bool, out: Output, **wanted: object) -> None:
    """Record LEG; shown is the recording's id, for `cordboard recording download`."""
    begun = _act(client, id_, "recording", stop, wanted)
    if stop:
        out.done(id_, "stopped")
    else:
        out.thing(begun)


@leg.command(epilog=example(f"leg delete {LEG}"))
@many("LEG")
@asks("Delete")
@shows
@for_application
def delete(client: Client, ids: tuple[str, ...], out: Output) -> None:
    """Delete each LEG, which is hung up if it is not over."""
    for id_ in ids:
        client.delete(_path(id_))
        out.done(id_, "deleted")


def _path(id_: str) -> str:
    return path_to("v1", "legs", id_)


def _act(client: Client, id_: str, what: str, stop: bool, body: dict[str, Any]) -> dict[str, Any]:
    path = path_to("v1", "legs", id_, what)
    answer: dict[str, Any] = client.delete(path) if stop else client.post(path, given(body))
    return answer


def _need(stop: bool, value: str | None, name: str) -> None:
    if stop == (value is not None):
        raise click.UsageError(f"Say either {name} or --stop.")
