"""Applications' private keys in the data directory, and the tokens that they sign."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from gateway.config.account import write_secret

DEFAULT_LIFETIME_S = 900


@dataclass(frozen=True)
class Key:
    """An application and its private key (PEM)."""

    application_id: str
    pem: str

    def token(
        self,
        lifetime_s: int = DEFAULT_LIFETIME_S,
        *,
        sub: str | None = None,
        acl: dict[str, Any] | None = None,
    ) -> str:
        """A JWT (RS256) for the application; with `sub`, for one of its users."""
        import jwt

        now = int(time.time())
        claims: dict[str, Any] = {
            "application_id": self.application_id,
            "iat": now,
            "exp": now + lifetime_s,
            "jti": str(uuid.uuid4()),
        }
        if sub is not None:
            claims["sub"] = sub
        if acl is not None:
            claims["acl"] = acl
        try:
            return jwt.encode(claims, self.pem, algorithm="RS256")
        except (ValueError, jwt.PyJWTError) as error:
            raise click.ClickException(f"The key of {self.application_id} does not sign: {error}") from None


class Keys:
    """The directory of `<application id>.key` files, readable to their owner only."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def save(self, application_id: str, pem: str, path: Path | None = None) -> Path:
        """Keep a key, here or in a file of the caller's choice; where it is."""
        path = path or self._path(application_id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(path, pem)
        return path

    @contextmanager
    def replaced(self, application_id: str, pem: str, path: Path | None = None) -> Iterator[Path]:
        """Where the key takes the place of the old one, if the block succeeds; it is kept before that."""
        place = path or self._path(application_id)
        new = self.save(application_id, pem, place.with_name(f"{place.name}.new"))
        try:
            yield place
        except BaseException:
            new.unlink()
            raise
        new.replace(place)
        if place != self._path(application_id):
            self.forget(application_id)

    def forget(self, application_id: str) -> None:
        """The application's key is good for nothing any more."""
        self._path(application_id).unlink(missing_ok=True)

    def has(self, application_id: str) -> bool:
        """Whether the application's key lies here."""
        return self._path(application_id).is_file()

    def pick(self, application_id: str | None, keyfile: Path | None = None) -> Key:
        """The named application's key; the only one there is when no name is given."""
        if application_id is None:
            application_id = self._only()
        path = keyfile or self._path(application_id)
        try:
            return Key(application_id, path.read_text())
        except OSError as error:
            raise click.ClickException(
                f"The private key {path} cannot be read ({error.strerror}). It was handed out once, when the "
                "application was created; name its place with --keyfile."
            ) from None

    def _path(self, application_id: str) -> Path:
        return self._directory / f"{application_id}.key"

    def _only(self) -> str:
        names = sorted(path.stem for path in self._directory.glob("*.key"))
        if len(names) == 1:
            return names[0]
        if not names:
            raise click.ClickException(
                "There is no application yet. Create one: `cordboard app create NAME`."
            )
        raise click.ClickException("Which application? Say --app with one of:\n  " + "\n  ".join(names))
