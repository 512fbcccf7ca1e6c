"""The account's credentials: configured, or made once and kept in the data directory."""

import json
import os
import secrets
from pathlib import Path

import msgspec

from gateway.config.errors import ConfigError
from gateway.config.settings import AccountSettings, Settings
from gateway.private import private_directory

ACCOUNT_FILE = "account.json"


def data_directory(settings: Settings) -> Path:
    """Where the gateway keeps everything, as an absolute path."""
    return Path(settings.data_directory).expanduser().absolute()


def saved_account(settings: Settings) -> AccountSettings | None:
    """The credentials: configured ones first, then those of an earlier start, otherwise None."""
    saved = _read(data_directory(settings) / ACCOUNT_FILE)
    configured = settings.account
    if not configured.api_key:
        if saved is None:
            return None
        configured = msgspec.structs.replace(configured, api_key=saved.api_key, api_secret=saved.api_secret)
    if not configured.signature_secret and saved is not None:
        configured = msgspec.structs.replace(configured, signature_secret=saved.signature_secret)
    return configured


def with_account(settings: Settings) -> Settings:
    """The settings with whole credentials; what is missing is made now and saved, and so is the directory."""
    account = saved_account(settings) or settings.account
    directory = data_directory(settings)
    private_directory(directory)
    if not all((account.api_key, account.api_secret, account.signature_secret)):
        account = AccountSettings(
            api_key=account.api_key or secrets.token_hex(4),
            api_secret=account.api_secret or secrets.token_urlsafe(18),
            signature_secret=account.signature_secret or secrets.token_urlsafe(36),
        )
        write_secret(directory / ACCOUNT_FILE, json.dumps(msgspec.to_builtins(account), indent=2) + "\n")
    return msgspec.structs.replace(settings, account=account)


def write_secret(path: Path, text: str) -> None:
    """Write the file whole or not at all, readable and writable to its owner only."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _read(path: Path) -> AccountSettings | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=AccountSettings)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise ConfigError(
            str(path), f"is damaged ({error}); restore it, or remove it to make new ones"
        ) from None
