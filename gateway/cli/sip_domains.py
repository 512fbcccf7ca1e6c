"""`cordboard sip domain`: domains whose calls an application takes."""

import click

from gateway.cli.client import path_to
from gateway.cli.options import asks, example, lists, many, shows
from gateway.cli.setup import Setup
from gateway.cli.show import Output

POLICIES = click.Choice(["always", "never", "optional"])
COLUMNS = {
    "name": "name",
    "type": "domain_type",
    "application": "application_id",
    "digest": "digest_auth",
    "tls": "tls",
    "srtp": "srtp",
    "acl": "acl",
}


@click.group()
def domain() -> None:
    """Add, list, show and remove domains: sip:anything@NAME.your-sip-host calls the application."""


@domain.command("list", epilog=example("sip domain list"))
@lists
@click.pass_obj
def list_(setup: Setup, limit: int | None, out: Output) -> None:
    """List the account's domains."""
    found = setup.account().get("/v1/psip")
    out.listing(COLUMNS, found[:limit], empty="There is no domain.")


@domain.command("show", epilog=example("sip domain show bakery"))
@click.argument("name")
@shows
@click.pass_obj
def show_(setup: Setup, name: str, out: Output) -> None:
    """Show the domain NAME."""
    out.thing(setup.account().get(path_to("v1", "psip", name)), id_="name")


@domain.command(
    epilog=example(
        "sip domain add bakery 3fa85f64-5717-4562-b3fc-2c963f66afa6 --from 192.0.2.0/24",
        "sip domain add bakery 3fa85f64-5717-4562-b3fc-2c963f66afa6 --from 0.0.0.0/0 --digest",
    )
)
@click.argument("name")
@click.argument("application")
@click.option("--from", "acl", multiple=True, required=True, help="An address or network that may call")
@click.option("--digest", is_flag=True, help="Callers need the secret of one of the domain's users besides")
@click.option("--tls", type=POLICIES, default="optional", show_default=True)
@click.option("--srtp", type=POLICIES, default="optional", show_default=True)
@click.option("--type", "kind", type=click.Choice(["app", "trunk"]), default="app", show_default=True)
@shows
@click.pass_obj
def add(
    setup: Setup,
    /,
    name: str,
    application: str,
    acl: tuple[str, ...],
    out: Output,
    **options: object,
) -> None:
    """Add the domain NAME, whose calls go to APPLICATION, an id."""
    wanted = {
        "name": name,
        "application_id": application,
        "acl": list(acl),
        "digest_auth": options["digest"],
        "tls": options["tls"],
        "srtp": options["srtp"],
        "domain_type": options["kind"],
    }
    out.thing(setup.account().post("/v1/psip", wanted), id_="name")


@domain.command(epilog=example("sip domain remove bakery"))
@many("NAME")
@asks("Remove the domain and its users:")
@shows
@click.pass_obj
def remove(setup: Setup, ids: tuple[str, ...], out: Output) -> None:
    """Remove each domain NAME, with its users."""
    client = setup.account()
    for name in ids:
        client.delete(f"{path_to('v1', 'psip', name)}?cascade=true")
        out.done(name, "removed")
