"""The command line's way to the HTTP interface: small, synchronous, with errors that say what to do."""

import base64
import http.client
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import click

from gateway.cli.hints import hint

TIMEOUT_S = 10.0
MAX_BODY_BYTES = 16 * 1024 * 1024
"""Of a reply: a page of a hundred items is far below."""
MAX_EVENT_LINE_BYTES = 1024 * 1024
"""Of an event stream: a longer line is no event of ours."""


def path_to(*segments: str) -> str:
    """The path of a thing, whatever its id holds: /v1/conversations/CON-…"""
    return "".join("/" + quote(segment, safe="") for segment in segments)


class RequestFailed(click.ClickException):
    """The gateway did not answer, or not as wished; `status` is None without an answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """Requests to one gateway with one set of credentials, or with none when that is empty."""

    def __init__(self, url: str, authorization: str) -> None:
        self._url = url.rstrip("/")
        self._authorization = authorization

    @classmethod
    def with_basic(cls, url: str, key: str, secret: str) -> "Client":
        """A client with an account's key and secret."""
        return cls(url, "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode())

    def get(self, path: str, **query: str | int | None) -> Any:  # noqa: ANN401 - JSON
        """GET; None in the query leaves the parameter out."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._json("GET", path + ("?" + urlencode(given) if given else ""))

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """POST of JSON."""
        return self._json("POST", path, json.dumps(body), "application/json")

    def put(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """PUT of JSON."""
        return self._json("PUT", path, json.dumps(body), "application/json")

    def patch(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """PATCH of JSON."""
        return self._json("PATCH", path, json.dumps(body), "application/json")

    def delete(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """DELETE."""
        return self._json("DELETE", path)

    def post_form(self, path: str, form: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
        """POST of a form, as the numbers interface wants it."""
        return self._json("POST", path, urlencode(form), "application/x-www-form-urlencoded")

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        """The events of a stream (text/event-stream) until the gateway closes it."""
        connection = self._connection(timeout_s=None)
        response = self._send(connection, "GET", path, {"Accept": "text/event-stream"})
        data: list[str] = []
        try:
            while line := response.readline(MAX_EVENT_LINE_BYTES):
                if len(line) == MAX_EVENT_LINE_BYTES:
                    raise ValueError(f"a line is longer than {MAX_EVENT_LINE_BYTES} bytes")
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                if text.startswith("data:"):
                    data.append(text.removeprefix("data:").removeprefix(" "))
                elif not text and data:
                    yield json.loads("\n".join(data))
                    data.clear()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RequestFailed(f"The stream of events broke off: {error}") from None
        finally:
            connection.close()

    @contextmanager
    def opened(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: str | Iterable[bytes] = "",
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer to a request, its body still to be read; an error's answer is raised."""
        connection = self._connection(TIMEOUT_S)
        try:
            yield self._send(connection, method, path, headers or {}, body)
        finally:
            connection.close()

    def upload(self, path: str, headers: Mapping[str, str], body: Iterable[bytes]) -> Any:  # noqa: ANN401 - JSON
        """POST of something long, piece by piece; the headers say what it is and how long."""
        with self.opened("POST", path, headers, body) as response:
            return self._decoded("POST", path, response)

    def _json(self, method: str, path: str, body: str = "", content_type: str = "") -> Any:  # noqa: ANN401 - JSON
        headers = {"Content-Type": content_type} if content_type else {}
        with self.opened(method, path, headers, body) as response:
            return self._decoded(method, path, response)

    def _decoded(self, method: str, path: str, response: http.client.HTTPResponse) -> Any:  # noqa: ANN401 - JSON
        try:
            payload = response.read(MAX_BODY_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise RequestFailed(f"{method} {self._url}{path} was not answered: {error}") from None
        if len(payload) > MAX_BODY_BYTES:
            raise RequestFailed(f"{method} {path}: the answer is longer than {MAX_BODY_BYTES} bytes.")
        try:
            return json.loads(payload) if payload else {}
        except ValueError:
            raise RequestFailed(
                f"{method} {path}: the answer is no JSON. Is {self._url} a gateway?"
            ) from None

    def _connection(self, timeout_s: float | None) -> http.client.HTTPConnection:
        url = urlsplit(self._url)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        return kind(url.hostname or "", url.port, timeout=timeout_s)

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: str | Iterable[bytes] = "",
    ) -> http.client.HTTPResponse:
        headers = {"Accept": "application/json", **headers}
        if self._authorization:
            headers["Authorization"] = self._authorization
        try:
            # Who refuses something long answers before it is sent, and hangs up: the answer tells more.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, urlsplit(self._url).path + path, body or None, headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise RequestFailed(
                f"Nothing answers at {self._url} ({str(error) or type(error).__name__}). Start the gateway "
                "with `cordboard serve`; `cordboard doctor` says what may be in its way."
            ) from None
        if response.status >= 400:
            raise _failure(method, path, response)
        return response


def _failure(method: str, path: str, response: http.client.HTTPResponse) -> RequestFailed:
    try:
        problem = json.loads(response.read(MAX_BODY_BYTES))
    except (OSError, http.client.HTTPException, ValueError):
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    words = [
        str(problem[key])
        for key in ("title", "detail", "error-code-label", "description")
        if problem.get(key)
    ]
    lines = [f"{method} {path}: {response.status} {' '.join(words) or response.reason}"]
    lines += [
        f"  {item.get('name')}: {item.get('reason')}"
        for item in problem.get("invalid_parameters") or []
        if isinstance(item, dict)
    ]
    if advice := hint(response.status, path):
        lines.append(advice)
    return RequestFailed("\n".join(lines), response.status)
