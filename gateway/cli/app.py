"""`cordboard app`: applications and their keys."""

from pathlib import Path
from typing import Any

import click

from gateway.cli import app_numbers
from gateway.cli.applications import application_id, every_application
from gateway.cli.bodies import Verbatim, changed, given
from gateway.cli.capabilities import describes
from gateway.cli.client import Client, path_to
from gateway.cli.options import asks, example, for_account, lists, many, shows
from gateway.cli.setup import Setup
from gateway.cli.show import Output

COLUMNS = {
    "id": "id",
    "name": "name",
    "answer_url": "capabilities.voice.webhooks.answer_url.address",
    "event_url": "capabilities.voice.webhooks.event_url.address",
}

_KEYFILE = click.option(
    "--keyfile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the private key goes [default: the data directory]",
)
_PUBLIC_KEYFILE = click.option(
    "--public-keyfile",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The public key (PEM) of a pair of your own",
)


@click.group()
def app() -> None:
    """Create, list, change and delete applications, and say which numbers they answer."""


@app.command(
    epilog=example(
        "app create hello --answer-url http://127.0.0.1:3000/answer --event-url http://127.0.0.1:3000/event"
    )
)
@click.argument("name")
@describes
@_KEYFILE
@_PUBLIC_KEYFILE
@shows
@click.pass_obj
def create(
    setup: Setup,
    name: str,
    said: dict[str, Any],
    keyfile: Path | None,
    public_keyfile: Path | None,
    out: Output,
) -> None:
    """Create an application; its private key is saved for the commands that speak for it."""
    client = setup.account()
    namesakes = [item["id"] for item in every_application(client) if item["name"] == name]
    body = {"name": name, "capabilities": said or {"voice": {"webhooks": {}}}}
    keys = {} if public_keyfile is None else {"keys": {"public_key": public_keyfile.read_text()}}
    created = client.post("/v2/applications", body | keys)
    shown = {"id": created["id"], "name": created["name"]}
    if private_key := created["keys"].get("private_key"):
        shown["private key"] = str(setup.keys.save(created["id"], private_key, keyfile))
    out.thing(shown)
    if namesakes:
        click.echo(
            f"Warning: {name} is also the name of {', '.join(namesakes)}; say the id where a name will do.",
            err=True,
        )
    if out.for_people:
        word = created["id"] if namesakes else name
        click.echo(f"\nGive it a number: cordboard number search GB, number buy, number link NUMBER {word}")


@app.command("list", epilog=example("app list"))
@lists
@for_account
def list_(client: Client, out: Output, limit: int | None) -> None:
    """List the account's applications."""
    found = every_application(client, limit)
    out.listing(COLUMNS, found, empty="There is no application yet. Create one: `cordboard app create NAME`.")


@app.command(epilog=example("app show hello"))
@click.argument("application")
@shows
@for_account
def show(client: Client, application: str, out: Output) -> None:
    """Show APPLICATION (its id or its name)."""
    out.thing(client.get(_path(application_id(client, application))))


@app.command(epilog=example("app update hello --event-url http://127.0.0.1:3000/event"))
@click.argument("application")
@click.option("--name", help="A new name")
@describes
@click.option("--without", multiple=True, help="A capability to take away, such as rtc; may be said again")
@shows
@for_account
def update(
    client: Client,
    application: str,
    name: str | None,
    said: dict[str, Any],
    without: tuple[str, ...],
    out: Output,
) -> None:
    """Change APPLICATION; what is not named stays as it is."""
    wanted = given({"name": name, "capabilities": Verbatim(said) if said or without else None})
    wanted = changed(wanted, "application")
    path = _path(application_id(client, application))
    after = _merged(_kept(client.get(path)), wanted)
    for capability in without:
        after["capabilities"].pop(capability, None)
    out.thing(client.put(path, after))


@app.command(epilog=example("app delete hello"))
@many("APPLICATION")
@asks("Delete the application")
@shows
@click.pass_obj
def delete(setup: Setup, ids: tuple[str, ...], out: Output) -> None:
    """Delete each APPLICATION (its id or its name), and its key here. Its numbers stay the account's."""
    client = setup.account()
    for word in ids:
        id_ = application_id(client, word)
        client.delete(_path(id_))
        setup.keys.forget(id_)
        out.done(id_, "deleted")


@app.command(epilog=example("app rotate-key hello", "app rotate-key hello --public-keyfile public.pem"))
@click.argument("application")
@_KEYFILE
@_PUBLIC_KEYFILE
@shows
@click.pass_obj
def rotate_key(
    setup: Setup, application: str, keyfile: Path | None, public_keyfile: Path | None, out: Output
) -> None:
    """Give APPLICATION a new pair of keys; tokens of the old one are worth nothing at once."""
    client = setup.account()
    id_ = application_id(client, application)
    before = client.get(_path(id_))
    body = _kept(before)
    shown = {"id": id_, "name": before["name"]}
    if public_keyfile is not None:
        client.put(_path(id_), body | {"keys": {"public_key": public_keyfile.read_text()}})
        setup.keys.forget(id_)
    else:
        # Making keys loads a good deal, and no other command makes any.
        from gateway.api.keys import make_key_pair

        private, public = make_key_pair()
        with setup.keys.replaced(id_, private, keyfile) as place:
            client.put(_path(id_), body | {"keys": {"public_key": public}})
        shown["private key"] = str(place)
    out.thing(shown)


for _command in app_numbers.COMMANDS:
    app.add_command(_command)


def _path(id_: str) -> str:
    return path_to("v2", "applications", id_)


def _kept(before: dict[str, Any]) -> dict[str, Any]:
    """What a change repeats, as it replaces everything but the key."""
    return {part: before[part] for part in ("name", "capabilities", "privacy")}


def _merged(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(before[name], value)
        for name, value in changes.items()
        if isinstance(value, dict) and isinstance(before.get(name), dict)
    }
    return before | changes | both
