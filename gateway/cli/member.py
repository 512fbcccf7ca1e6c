"""`cordboard member`: who is in a conversation."""

from typing import Any

import click

from gateway.cli.bodies import JsonObject, given
from gateway.cli.client import Client, path_to
from gateway.cli.options import asks, example, for_application, lists, many, shows
from gateway.cli.pages import every
from gateway.cli.show import Output

CONVERSATION = "CON-d66d47de-5bcb-4300-94f0-0c9d4b948e9a"
MEMBER = "MEM-df772ad1-7f8f-4d5b-8c8a-22a1f9d7d8c2"

COLUMNS = {"id": "id", "user": "_embedded.user.id", "name": "_embedded.user.name", "state": "state"}
CHANNELS = ("app", "phone", "sip", "websocket", "vbc")


@click.group()
def member() -> None:
    """Add, list, change and remove the members of a conversation."""


@member.command(
    epilog=example(
        f"member add {CONVERSATION} --user-name ada",
        f"member add {CONVERSATION} --user-name ada --state invited --channel-to-phone 447700900001",
    )
)
@click.argument("conversation")
@click.option("--user-id", help="USR-…")
@click.option("--user-name", help="Or the user's name")
@click.option("--state", type=click.Choice(["joined", "invited"]), default="joined", show_default=True)
@click.option("--channel-type", type=click.Choice(CHANNELS), help="[default: that of --channel-to-…, or app]")
@click.option("--channel-to-user", help="The user of an app")
@click.option("--channel-to-phone", help="A number")
@click.option("--channel-to-sip", help="sip:…")
@click.option("--channel-from-type", type=click.Choice(CHANNELS))
@click.option("--channel-from-phone", help="The number that is shown")
@click.option("--channel", type=JsonObject(), help="Or the whole channel as JSON")
@click.option("--audio/--no-audio", default=None, help="Whether it has sound")
@click.option("--audio-enabled/--no-audio-enabled", default=None)
@click.option("--audio-earmuffed/--no-audio-earmuffed", default=None, help="It hears nobody")
@click.option("--audio-muted/--no-audio-muted", default=None, help="Nobody hears it")
@click.option("--knocking-id", help="Of the app that knocked")
@click.option("--member-id-inviting", help="MEM-… who invites")
@click.option("--from-member-id", help="MEM-… who asks for it")
@shows
@for_application
def add(client: Client, conversation: str, out: Output, **wanted: object) -> None:
    """Let a user join CONVERSATION, or invite one."""
    if (wanted["user_id"] is None) == (wanted["user_name"] is None):
        raise click.UsageError("Say either --user-id or --user-name.")
    body = {
        "state": wanted["state"],
        "user": {"id": wanted["user_id"], "name": wanted["user_name"]},
        "channel": wanted["channel"] or _channel(wanted),
        "media": {
            "audio": wanted["audio"],
            "audio_settings": {name: wanted[f"audio_{name}"] for name in ("enabled", "earmuffed", "muted")},
        },
        "knocking_id": wanted["knocking_id"],
        "member_id_inviting": wanted["member_id_inviting"],
        "from": wanted["from_member_id"],
    }
    out.thing(client.post(path_to("v1", "conversations", conversation, "members"), given(body)))


@member.command("list", epilog=example(f"member list {CONVERSATION}"))
@click.argument("conversation")
@lists
@for_application
def list_(client: Client, conversation: str, out: Output, limit: int | None) -> None:
    """List the members of CONVERSATION."""
    found = every(client, path_to("v1", "conversations", conversation, "members"), "members", limit=limit)
    out.listing(
        COLUMNS,
        found,
        empty=f"Nobody is there. `cordboard member add {conversation} --user-name NAME` adds one.",
    )


@member.command(epilog=example(f"member show {CONVERSATION} {MEMBER}"))
@click.argument("conversation")
@click.argument("id_", metavar="MEMBER")
@shows
@for_application
def show(client: Client, conversation: str, id_: str, out: Output) -> None:
    """Show MEMBER of CONVERSATION."""
    out.thing(client.get(_path(conversation, id_)))


@member.command(epilog=example(f"member update {CONVERSATION} {MEMBER} --state joined"))
@click.argument("conversation")
@click.argument("id_", metavar="MEMBER")
@click.option("--state", type=click.Choice(["joined", "left"]), required=True)
@click.option("--from", "from_", help="MEM-… who asks for it")
@click.option("--reason-code", help="Why it left")
@click.option("--reason-text")
@shows
@for_application
def update(client: Client, conversation: str, id_: str, out: Output, **wanted: str | None) -> None:
    """Let MEMBER of CONVERSATION join or leave."""
    reason = {"code": wanted["reason_code"], "text": wanted["reason_text"]}
    body = given({"state": wanted["state"], "from": wanted["from_"], "reason": reason})
    out.thing(client.patch(_path(conversation, id_), body))


@member.command(epilog=example(f"member remove {CONVERSATION} {MEMBER}"))
@click.argument("conversation")
@many("MEMBER")
@asks("Remove")
@shows
@for_application
def remove(client: Client, conversation: str, ids: tuple[str, ...], out: Output) -> None:
    """Let each MEMBER leave CONVERSATION."""
    for id_ in ids:
        client.patch(_path(conversation, id_), {"state": "left"})
        out.done(id_, "removed")


def _path(conversation: str, id_: str) -> str:
    return path_to("v1", "conversations", conversation, "members", id_)


def _channel(wanted: dict[str, Any]) -> dict[str, Any]:
    """The channel that the --channel-… options mean; an app when they say nothing."""
    ends = {
        "app": {"user": wanted["channel_to_user"]},
        "phone": {"number": wanted["channel_to_phone"]},
        "sip": {"uri": wanted["channel_to_sip"]},
    }
    reached = [kind for kind, end in ends.items() if given(end)]
    if len(reached) > 1:
        raise click.UsageError("Say one of --channel-to-user, --channel-to-phone and --channel-to-sip.")
    caller = wanted["channel_from_type"] or ("phone" if wanted["channel_from_phone"] else None)
    return {
        "type": wanted["channel_type"] or (reached[0] if reached else "app"),
        "to": {"type": reached[0], **ends[reached[0]]} if reached else None,
        "from": {"type": caller, "number": wanted["channel_from_phone"]},
    }
