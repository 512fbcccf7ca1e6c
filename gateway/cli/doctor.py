"""`cordboard doctor`: what is missing or misconfigured, and what to do about it."""

import json

import click

from gateway.cli import checkup
from gateway.cli.options import example
from gateway.cli.setup import Setup

_SIGNS = {"ok": "ok", "warning": "!!", "problem": "XX"}


@click.command(epilog=example("doctor"))
@click.option("--json", "as_json", is_flag=True, help="For programs")
@click.pass_obj
def doctor(setup: Setup, as_json: bool) -> None:
    """Look at this machine and this configuration. The exit status is 1 if something must be mended."""
    findings = checkup.examine(setup)
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(f"{_SIGNS[finding.verdict]}  {finding.subject:<22} {finding.found}")
            if finding.advice:
                click.echo(f"    {'':<22} -> {finding.advice}")
    if any(finding.verdict == "problem" for finding in findings):
        raise click.exceptions.Exit(1)
