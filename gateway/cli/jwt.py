"""`cordboard jwt`: a token to call the interface with."""

import json
from pathlib import Path

import click

from gateway.cli.keys import DEFAULT_LIFETIME_S
from gateway.cli.setup import Setup

SHORTEST_S, LONGEST_S = 30, 86_400
"""What the published interface accepts between iat and exp."""


@click.command()
@click.option("--app", help="The application's id or name; may be left out when there is only one key")
@click.option(
    "--keyfile", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its private key"
)
@click.option("--sub", help="The name of a user: the token then speaks for that user")
@click.option(
    "--exp",
    type=click.IntRange(SHORTEST_S, LONGEST_S),
    default=DEFAULT_LIFETIME_S,
    show_default=True,
    help="Seconds that it is good for",
)
@click.option("--acl", help='JSON, such as {"paths":{"/*/conversations/**":{}}}')
@click.pass_obj
def jwt(
    setup: Setup, app: str | None, keyfile: Path | None, sub: str | None, exp: int, acl: str | None
) -> None:
    """Make a token for an application."""
    paths = None
    if acl is not None:
        try:
            paths = json.loads(acl)
        except ValueError as error:
            raise click.BadParameter(f"is not JSON: {error}", param_hint="--acl") from None
        if not isinstance(paths, dict):
            raise click.BadParameter("is not a JSON object", param_hint="--acl")
    if sub is not None and paths is None:
        click.echo(
            "Warning: a user's token without --acl is allowed nothing; "
            """such as --acl '{"paths":{"/*/conversations/**":{}}}' grants it something.""",
            err=True,
        )
    click.echo(setup.key(app, keyfile).token(exp, sub=sub, acl=paths))
