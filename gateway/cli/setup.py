"""What every command starts from: the settings, the data directory, the credentials, the server's address."""

import json
import os
import uuid
from functools import cached_property
from pathlib import Path

import click

from gateway.cli.applications import application_id
from gateway.cli.client import Client
from gateway.cli.keys import DEFAULT_LIFETIME_S, Key, Keys
from gateway.config import ConfigError, Settings, find, load
from gateway.config.account import data_directory, saved_account
from gateway.config.settings import AccountSettings

SERVER_FILE = "server.json"
"""In the data directory: the addresses of the gateway that serves it, written when it is ready."""


class Setup:
    """One invocation's surroundings, read when first asked for."""

    def __init__(self, config: Path | None) -> None:
        self._config = config

    @property
    def file(self) -> Path | None:
        """The configuration file; None when there is none."""
        return find(self._config, os.environ)

    @cached_property
    def settings(self) -> Settings:
        """The validated settings."""
        try:
            return load(self._config, os.environ)
        except ConfigError as error:
            where = f" (in {self.file})" if self.file and not error.of_environment else ""
            raise click.ClickException(f"{error}{where}") from None

    @property
    def data_directory(self) -> Path:
        """Where the gateway keeps its database, recordings, credentials and keys."""
        return data_directory(self.settings)

    @property
    def keys(self) -> Keys:
        """The private keys of the applications that were created from here."""
        return Keys(self.data_directory / "keys")

    def server_url(self) -> str:
        """The configured public address, else where the gateway said it listens, else where it would."""
        server = self.settings.server
        if server.public_url:
            return server.public_url
        try:
            return str(json.loads((self.data_directory / SERVER_FILE).read_text())["http"])
        except (OSError, ValueError, KeyError, TypeError):
            return f"http://{server.host}:{server.port}"

    @cached_property
    def credentials(self) -> AccountSettings:
        """The account's key and secret."""
        try:
            account = saved_account(self.settings)
        except ConfigError as error:
            raise click.ClickException(str(error)) from None
        if account is None:
            raise click.ClickException(
                f"There are no credentials in {self.data_directory}. The first `cordboard serve` makes them; "
                "for a gateway elsewhere set CORDBOARD_SERVER_PUBLIC_URL, CORDBOARD_ACCOUNT_API_KEY and "
                "CORDBOARD_ACCOUNT_API_SECRET."
            )
        return account

    def account(self) -> Client:
        """A client with the account's key and secret: for applications, numbers, files and reports."""
        return Client.with_basic(self.server_url(), self.credentials.api_key, self.credentials.api_secret)

    def key(self, app: str | None, keyfile: Path | None = None) -> Key:
        """The key of the application with this id or name; the only one there is when none is named."""
        if app is not None and not (self.keys.has(app) or _is_id(app)):
            app = application_id(self.account(), app)
        return self.keys.pick(app, keyfile)

    def application(
        self, app: str | None, keyfile: Path | None = None, lifetime_s: int = DEFAULT_LIFETIME_S
    ) -> Client:
        """A client with a token of the application: for calls, conversations and events."""
        return Client(self.server_url(), f"Bearer {self.key(app, keyfile).token(lifetime_s)}")


def _is_id(word: str) -> bool:
    try:
        uuid.UUID(word)
    except ValueError:
        return False
    return True
