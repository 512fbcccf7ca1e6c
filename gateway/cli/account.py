"""`cordboard account`: the accounts of a gateway, for its operator."""

import click

from gateway.cli import show
from gateway.cli.options import example
from gateway.cli.pages import every
from gateway.cli.setup import Setup

AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs")


@click.group()
def account() -> None:
    """Create and look after accounts: each has its own applications, numbers and secrets."""


@account.command(epilog=example("account create Bakery"))
@click.argument("name")
@click.option("--api-key", help="The key that the account is known by [default: made]")
@click.option("--api-secret", help="8 to 25 characters with a-z, A-Z and 0-9 [default: made]")
@AS_JSON
@click.pass_obj
def create(setup: Setup, name: str, api_key: str | None, api_secret: str | None, as_json: bool) -> None:
    """Create an account called NAME. Its secrets are shown this once."""
    wanted = {"name": name, "api_key": api_key, "api_secret": api_secret}
    created = setup.account().post(
        "/cordboard/accounts", {key: value for key, value in wanted.items() if value is not None}
    )
    shown = {key: created[key] for key in ("api_key", "name", "api_secret", "signature_secret")}
    show.thing(shown, as_json=as_json)
    if not as_json:
        click.echo("\nKeep the secrets: the gateway does not show them again.")


@account.command("list", epilog=example("account list"))
@AS_JSON
@click.pass_obj
def list_(setup: Setup, as_json: bool) -> None:
    """List the accounts of the gateway."""
    columns = ("api_key", "name", "created_at", "secrets", "operator")
    rows = [
        (item["api_key"], item["name"], item["created_at"], len(item["secrets"]), item["operator"])
        for item in every(setup.account(), "/cordboard/accounts", "accounts")
    ]
    show.listing(columns, rows, as_json=as_json, empty="There is no account.")


@account.command("show", epilog=example("account show abcd1234"))
@click.argument("api_key")
@AS_JSON
@click.pass_obj
def show_(setup: Setup, api_key: str, as_json: bool) -> None:
    """Show the account API_KEY, and when its secrets were made."""
    item = setup.account().get(f"/cordboard/accounts/{api_key}")
    if as_json:
        show.thing(item, as_json=True)
        return
    secrets = {f"secret {secret['id']}": f"made {secret['created_at']}" for secret in item["secrets"]}
    signatures = {
        "signature secret" if number == 0 else f"signature secret before ({number})": f"signs from {since}"
        for number, since in enumerate(item["signature_secrets_since"])
    }
    plain = {key: item[key] for key in ("api_key", "name", "created_at", "operator")}
    show.thing({**plain, **secrets, **signatures}, as_json=False)


@account.command(epilog=example("account rotate-signature abcd1234 --signs-in 3600"))
@click.argument("api_key")
@click.option("--signs-in", default=0, help="Seconds until it signs: time to tell your servers [default: 0]")
@AS_JSON
@click.pass_obj
def rotate_signature(setup: Setup, api_key: str, signs_in: int, as_json: bool) -> None:
    """Sign the webhooks of the account API_KEY with a new secret, which is shown this once."""
    path = f"/cordboard/accounts/{api_key}/signature-secrets"
    made = setup.account().post(path, {"signs_in": signs_in})
    shown = {"api_key": api_key, **{key: made[key] for key in ("signature_secret", "signs_from")}}
    show.thing(shown, as_json=as_json)


@account.command(epilog=example("account delete abcd1234"))
@click.argument("api_key")
@click.option("--yes", is_flag=True, help="Do not ask")
@AS_JSON
@click.pass_obj
def delete(setup: Setup, api_key: str, yes: bool, as_json: bool) -> None:
    """Delete the account API_KEY, once it has no applications and numbers."""
    if not yes:
        click.confirm(f"Delete the account {api_key}?", abort=True, err=True)
    setup.account().delete(f"/cordboard/accounts/{api_key}")
    show.thing({"api_key": api_key, "deleted": True}, as_json=as_json)
