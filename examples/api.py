"""What the examples of the HTTP interface share: where the gateway is, who we are, one request.

Where nothing else is said they talk to the gateway of `make serve` on this machine, as the application whose
key `cordboard app create` saved last. These variables say otherwise:

    GATEWAY_URL              its address, such as https://voice.example.com
    VONAGE_API_KEY           the account ...
    VONAGE_API_SECRET        ... and its secret
    VONAGE_APPLICATION_ID    the application ...
    VONAGE_PRIVATE_KEY       ... and the file with its private key
    CORDBOARD_DATA_DIRECTORY where the gateway keeps what the others default to

    python -m examples.api

prints them as they are now, for programs that cannot look there: `export $(python -m examples.api)`.
"""

import base64
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

import jwt

Json = Any
"""What JSON can be: the examples look into it without asking."""

DATA = Path(os.environ.get("CORDBOARD_DATA_DIRECTORY", "~/.local/share/cordboard")).expanduser()
TOKEN_LIFETIME_S = 12 * 3600
"""Longer than anybody chats; a token may last for a day."""
TIMEOUT_S = 30
"""Longer than the gateway is ever silent, also where events are followed."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def setting(name: str) -> str:
    """One of the variables, or what the gateway's data directory has for it."""
    try:
        return os.environ.get(name) or DEFAULTS[name]()
    except (OSError, ValueError):
        raise SystemExit(f"{name} is not set, and {DATA} does not say it either") from None


def _saved(file: str, field: str) -> str:
    return str(json.loads((DATA / file).read_text())[field])


def _newest_key() -> Path:
    return max((DATA / "keys").glob("*.key"), key=lambda path: path.stat().st_mtime)


DEFAULTS: dict[str, Callable[[], str]] = {
    "GATEWAY_URL": lambda: _saved("server.json", "http"),
    "VONAGE_API_KEY": lambda: _saved("account.json", "api_key"),
    "VONAGE_API_SECRET": lambda: _saved("account.json", "api_secret"),
    "VONAGE_APPLICATION_ID": lambda: _newest_key().stem,
    "VONAGE_PRIVATE_KEY": lambda: str(_newest_key()),
}


class Refused(SystemExit):
    """The gateway refused a request: the end of the program, for who does not catch it."""

    def __init__(self, request: Request, answer: HTTPError) -> None:
        super().__init__(f"{request.method} {request.full_url}: {answer.code} {answer.read().decode()}")
        self.status = answer.code


@dataclass(frozen=True)
class Api:
    """Requests with one `Authorization`."""

    authorization: str

    def get(self, path: str, **query: object) -> Json:
        """A resource or a page of a list; `path` may be a link that an answer had."""
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: object) -> Json:
        return self.send("POST", path, body)

    def put(self, path: str, body: object) -> Json:
        return self.send("PUT", path, body)

    def patch(self, path: str, body: object) -> Json:
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> Json:
        return self.send("DELETE", path)

    def post_form(self, path: str, **fields: str) -> Json:
        """POST as the older interfaces want it."""
        return _json(self._ask("POST", path, urlencode(fields).encode(), FORM))

    def send(self, method: str, path: str, body: object = None) -> Json:
        """What the gateway answers: JSON as values, None when the answer is empty."""
        data = None if body is None else json.dumps(body).encode()
        return _json(self._ask(method, path, data, {"Content-Type": "application/json"}))

    def download(self, url: str) -> bytes:
        """A file, such as a recording."""
        with self._ask("GET", url) as answer:
            return bytes(answer.read())

    def follow(self, path: str) -> Iterator[Json]:
        """Events as they happen, as long as the gateway runs; once this has returned, none is missed."""
        lines = self._ask("GET", path, headers={"Accept": "text/event-stream"})
        return (json.loads(line[len(b"data:") :]) for line in lines if line.startswith(b"data:"))

    def _ask(
        self, method: str, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HTTPResponse:
        url = urljoin(setting("GATEWAY_URL"), path)
        authorized = {"Accept": "*/*", **(headers or {}), "Authorization": self.authorization}
        request = Request(url, data, authorized, method=method)  # noqa: S310 - it is our own gateway's
        try:
            answer: HTTPResponse = urlopen(request, timeout=TIMEOUT_S)  # noqa: S310 - and so is this
        except HTTPError as refused:
            raise Refused(request, refused) from None
        except URLError as error:
            raise SystemExit(f"{url} is not answered ({error.reason}): does the gateway run?") from None
        return answer


def _json(answer: HTTPResponse) -> Json:
    with answer:
        content = answer.read()
    return json.loads(content) if content else None


def account() -> Api:
    """As the account, with its key and secret: for applications, numbers, secrets and reports."""
    credentials = f"{setting('VONAGE_API_KEY')}:{setting('VONAGE_API_SECRET')}"
    return Api("Basic " + base64.b64encode(credentials.encode()).decode())


def application() -> Api:
    """As the application, which may do everything with what is its own."""
    return Api(f"Bearer {token()}")


def user(name: str) -> Api:
    """As one of the application's users, in conversations and nowhere else."""
    paths: dict[str, object] = {"/*/conversations/**": {}, "/*/users/**": {}}
    return Api(f"Bearer {token(sub=name, acl={'paths': paths})}")


def token(**claims: object) -> str:
    """A JWT that the application's private key has signed."""
    now = int(time.time())
    claims |= {
        "application_id": setting("VONAGE_APPLICATION_ID"),
        "iat": now,
        "exp": now + TOKEN_LIFETIME_S,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, Path(setting("VONAGE_PRIVATE_KEY")).read_text(), algorithm="RS256")


def show(name: str, value: object) -> None:
    """Print what was learnt, as `name: value`."""
    print(f"{name}: {value if isinstance(value, str) else json.dumps(value)}")


if __name__ == "__main__":
    sys.stdout.writelines(f"{name}={setting(name)}\n" for name in DEFAULTS)
