"""Files to and from the gateway, with their progress: whole or not at all."""

import functools
import http.client
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import click

from gateway.cli.client import Client, RequestFailed
from gateway.cli.options import Command
from gateway.cli.progress import Advance, progress
from gateway.cli.show import Output

PIECE = 256 * 1024
"""Octets in memory at once."""


@dataclass(frozen=True)
class Saving:
    """Where files go that are downloaded, and whether they may replace others."""

    output: Path | None = None
    """A file, or a directory; here when None."""
    force: bool = False

    def each(self, client: Client, paths: list[str], out: Output) -> None:
        """Download the files at these paths; more than one go to a directory."""
        if len(paths) > 1 and self.output is not None and not self.output.is_dir():
            raise click.UsageError(f"There are several files: {self.output} must be a directory.")
        for path in paths:
            place = self.one(client, path)
            size = place.stat().st_size
            out.thing({"id": path.rpartition("/")[2], "file": str(place), "size": size}, id_="file")

    def one(self, client: Client, path: str) -> Path:
        """Download what is at `path`; where it is. Raises ClickException for a file that is there already."""
        with client.opened("GET", path) as response:
            place = self._place(response, path)
            if place.exists() and not self.force:
                raise click.ClickException(
                    f"{place} is there already. --output names another place, --force replaces it."
                )
            part = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
            try:
                with progress(place.name, response.length, unit="octets") as advance:
                    _save(response, part, advance)
                part.replace(place)
            except OSError as error:
                raise click.ClickException(f"{place} cannot be written: {error.strerror}") from None
            finally:
                part.unlink(missing_ok=True)
        return place

    def _place(self, response: http.client.HTTPResponse, path: str) -> Path:
        if self.output is not None and not self.output.is_dir():
            return self.output
        # The name is the sender's word: it says nothing of directories, and hides nothing.
        own = Path(response.headers.get_filename() or "").name.lstrip(".")
        return (self.output or Path()) / (own or path.rpartition("/")[2])


def saves(command: Command) -> Command:
    """The command takes --output and --force, and gets a Saving as `saving`."""

    @click.option(
        "-o", "--output", type=click.Path(path_type=Path), help="A file, or a directory [default: here]"
    )
    @click.option("--force", is_flag=True, help="Replace a file that is there")
    @functools.wraps(command)
    def run(*arguments: object, output: Path | None, force: bool, **values: object) -> None:
        command(*arguments, saving=Saving(output, force), **values)

    return run


def upload(client: Client, path: str, file: Path, mime_type: str, fields: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """POST a form with the file as `filedata`, and the fields; the answer."""
    boundary = secrets.token_hex(16)
    before = _head(boundary, file.name, mime_type, fields).encode()
    after = f"\r\n--{boundary}--\r\n".encode()
    try:
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            headers = {
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Content-Length": str(len(before) + size + len(after)),
            }
            with progress(file.name, size, unit="octets") as advance:
                body = chain([before], _pieces(opened, size, advance), [after])
                return client.upload(path, headers, body)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}") from None


def _head(boundary: str, name: str, mime_type: str, fields: Mapping[str, str]) -> str:
    """The form up to the file's first octet."""
    parts = [f'form-data; name="{field}"\r\n\r\n{text}\r\n' for field, text in fields.items()]
    # A quoted string (RFC 9110 section 5.6.4): nothing in a file's name ends its header.
    safe = re.sub(r'(["\\])', r"\\\1", re.sub(r"[\x00-\x1f\x7f]", "_", name))
    parts.append(f'form-data; name="filedata"; filename="{safe}"\r\nContent-Type: {mime_type}\r\n\r\n')
    return "".join(f"--{boundary}\r\nContent-Disposition: {part}" for part in parts)


def _pieces(file: BinaryIO, size: int, advance: Advance) -> Iterator[bytes]:
    """The first `size` octets: a file that grows meanwhile is sent as long as it was said to be."""
    left = size
    while left > 0 and (piece := file.read(min(PIECE, left))):
        left -= len(piece)
        yield piece
        advance(len(piece))


def _save(response: http.client.HTTPResponse, part: Path, advance: Advance) -> None:
    with part.open("xb") as file:
        while piece := _piece(response):
            file.write(piece)
            advance(len(piece))
    if response.length:
        raise RequestFailed(f"The download broke off; {response.length} bytes are missing. Try again.")


def _piece(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(PIECE)
    except (OSError, http.client.HTTPException) as error:
        raise RequestFailed(f"The download broke off: {error}. Try again.") from None
