"""`cordboard media`: the files of an account."""

import mimetypes
from pathlib import Path

import click

from gateway.cli.bodies import given
from gateway.cli.client import Client, path_to
from gateway.cli.options import asks, example, for_account, lists, many, shows
from gateway.cli.pages import every
from gateway.cli.show import Output
from gateway.cli.transfer import Saving, saves
from gateway.cli.transfer import upload as send

MEDIA = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
SINCE_EVER = "1970-01-01T00:00:00Z"
"""Without a start the API lists the last week alone."""

COLUMNS = {
    "id": "id",
    "name": "original_file_name",
    "type": "mime_type",
    "octets": "media_size",
    "created": "time_created",
    "public": "public",
    "title": "title",
}


@click.group()
def media() -> None:
    """List, upload, download and delete files."""


@media.command("list", epilog=example("media list --start-time 2026-01-31T12:00:00Z"))
@click.option("--start-time", default=SINCE_EVER, help="Uploaded since")
@click.option("--end-time", help="Uploaded before")
@click.option("--order", type=click.Choice(["ascending", "descending"]), help="Of uploading")
@lists
@for_account
def list_(client: Client, out: Output, limit: int | None, **query: str | None) -> None:
    """List the account's files."""
    found = every(client, "/v3/media", "media", limit=limit, **query)
    out.listing(COLUMNS, found, empty="There is no such file. `cordboard media upload FILE` brings one.")


@media.command(epilog=example("media show " + MEDIA))
@click.argument("id_", metavar="MEDIA")
@shows
@for_account
def show(client: Client, id_: str, out: Output) -> None:
    """Show what is known of the file MEDIA."""
    out.thing(client.get(path_to("v3", "media", id_, "info")))


@media.command(epilog=example("media upload hello.wav --title Greeting --public"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mime-type", help="[default: by the file's name]")
@click.option("--title")
@click.option("--description")
@click.option("--public", is_flag=True, help="Whoever knows its id may download it")
@click.option("--max-downloads", type=click.IntRange(0), help="[default: any number]")
@click.option("--metadata-primary")
@click.option("--metadata-secondary")
@shows
@for_account
def upload(client: Client, file: Path, mime_type: str | None, out: Output, **said: object) -> None:
    """Upload FILE."""
    said["max_downloads_allowed"] = said.pop("max_downloads")
    said["public"] = "true" if said["public"] else None
    kind = mime_type or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    fields = {name: str(value) for name, value in given(said).items()}
    out.thing(send(client, "/v3/media", file, kind, fields))


@media.command(epilog=example(f"media download {MEDIA} --output greeting.wav"))
@many("MEDIA")
@saves
@shows
@for_account
def download(client: Client, ids: tuple[str, ...], saving: Saving, out: Output) -> None:
    """Download each file MEDIA."""
    saving.each(client, [path_to("v3", "media", id_) for id_ in ids], out)


@media.command(epilog=example(f"media delete {MEDIA}"))
@many("MEDIA")
@asks("Delete")
@shows
@for_account
def delete(client: Client, ids: tuple[str, ...], out: Output) -> None:
    """Delete each file MEDIA."""
    for id_ in ids:
        client.delete(path_to("v3", "media", id_))
        out.done(id_, "deleted")
