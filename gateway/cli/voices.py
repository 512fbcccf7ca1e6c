"""`cordboard voices`: the languages and styles of `talk`, and who speaks them on this machine."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from gateway.cli.options import example
from gateway.cli.setup import Setup
from gateway.cli.show import listing

if TYPE_CHECKING:
    from media.speech.catalogue import Listed

_NOBODY = "nobody: see `cordboard doctor`, and [speech] in the configuration"


@click.command(epilog=example("voices", "voices --language de"))
@click.option("--language", default="", help="These alone: a code or its beginning, such as en-GB or en")
@click.option("--json", "as_json", is_flag=True, help="For programs: every style by itself")
@click.pass_obj
def voices(setup: Setup, language: str, as_json: bool) -> None:
    """List the languages and styles that `talk` may name, and which engine and voice speak them here."""
    # The engines take a while to import, and no other command wants them.
    from media.speech.catalogue import catalogue
    from media.speech.engines import engines

    wanted = language.lower()
    listed = [
        style
        for style in catalogue(engines(setup.settings.speech))
        if f"{style.language.lower()}-".startswith(f"{wanted}-" if wanted else "")
    ]
    if as_json:
        click.echo(json.dumps([style._asdict() for style in listed], ensure_ascii=False))
    else:
        columns = ("language", "styles", "engine", "voices", "name")
        listing(columns, list(_rows(listed)), as_json=False, empty=f"There is no language {language}.")


def _rows(listed: "Sequence[Listed]") -> Iterator[tuple[object, ...]]:
    """A row for each language."""
    for code, group in itertools.groupby(listed, key=lambda style: style.language):
        styles = list(group)
        numbers = [style.style for style in styles]
        first = styles[0]
        names = ", ".join(dict.fromkeys(style.voice for style in styles)) or _NOBODY
        span = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"
        yield code, span, first.engine or "-", names, first.name
