"""`cordboard jwt`: tokens to call the interface with."""

import sys
from pathlib import Path
from typing import Any

import click

from gateway.cli.bodies import JsonObject, Verbatim
from gateway.cli.client import path_to
from gateway.cli.keys import DEFAULT_LIFETIME_S
from gateway.cli.options import STANDARD_INPUT, example, shows
from gateway.cli.setup import Setup
from gateway.cli.show import Output

SHORTEST_S, LONGEST_S = 30, 86_400
"""What the published interface accepts between iat and exp."""


class _CreateUnlessSaid(click.Group):
    """`cordboard jwt --sub ada` is `cordboard jwt create --sub ada`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the word in that may be left out."""
        if not args or (args[0].startswith("-") and args[0] not in self.get_help_option_names(ctx)):
            args = ["create", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_CreateUnlessSaid, epilog=example("jwt --sub ada --exp 3600"))
def jwt() -> None:
    """Make a token for an application, or look into one; without a word more, make one."""


@jwt.command(
    epilog=example("jwt create", """jwt create --sub ada --acl '{"paths":{"/*/conversations/**":{}}}'""")
)
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
@click.option("--acl", type=JsonObject(), help='JSON, such as {"paths":{"/*/conversations/**":{}}}')
@click.pass_obj
def create(
    setup: Setup, app: str | None, keyfile: Path | None, sub: str | None, exp: int, acl: Verbatim | None
) -> None:
    """Make a token for an application."""
    if sub is not None and acl is None:
        click.echo(
            "Warning: a user's token without --acl is allowed nothing; "
            """such as --acl '{"paths":{"/*/conversations/**":{}}}' grants it something.""",
            err=True,
        )
    click.echo(setup.key(app, keyfile).token(exp, sub=sub, acl=acl))


@jwt.command(epilog=example("jwt create | cordboard jwt validate -"))
@click.argument("token")
@shows
@click.pass_obj
def validate(setup: Setup, token: str, out: Output) -> None:
    """Show what TOKEN says (- reads it from standard input). The exit status is 0 if the gateway takes it.

    Its signature is checked with the public key that the gateway knows of its application.
    """
    import jwt as pyjwt

    text = sys.stdin.readline().strip() if token == STANDARD_INPUT else token
    try:
        claims: dict[str, Any] = pyjwt.decode(text, options={"verify_signature": False})
        application = setup.account().get(path_to("v2", "applications", str(claims.get("application_id"))))
        pyjwt.decode(text, application["keys"]["public_key"], algorithms=["RS256"])
    except pyjwt.PyJWTError as error:
        raise click.ClickException(
            f"The token is not good: {error}. `cordboard jwt create` makes one."
        ) from None
    out.thing(claims, id_="application_id")
