"""`python -m gateway.cli`: the `cordboard` command."""

from gateway.cli.main import main

main(prog_name="cordboard")
