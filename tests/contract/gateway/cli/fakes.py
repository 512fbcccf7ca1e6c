"""A gateway that is only an HTTP server with prepared answers, and the command line beside it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from gateway.cli.main import main


@dataclass
class Request:
    method: str
    path: str
    authorization: str
    body: str


@dataclass
class FakeGateway:
    """Answers each path with the first reply prepared for it; the last one stays."""

    replies: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    seen: list[Request] = field(default_factory=list)
    url: str = ""
    missing: int = 0
    """Octets that answers are said to have and have not."""

    def prepare(self, method: str, path: str, *bodies: object, status: int = 200) -> None:
        prepared = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]
        self.replies[f"{method} {path}"] = [(status, body) for body in prepared]

    def answer(self, request: Request) -> tuple[int, bytes]:
        self.seen.append(request)
        replies = self.replies.get(f"{request.method} {request.path.partition('?')[0]}")
        if replies is None:
            return 404, b'{"title":"Not found.","detail":"nothing was prepared"}'
        return replies.pop(0) if len(replies) > 1 else replies[0]


@dataclass
class Shell:
    """Runs `cordboard` with a configuration of its own."""

    data: Path
    environ: dict[str, str]

    def run(self, *arguments: str, typed: str = "") -> Result:
        """Run `cordboard` with these arguments; `typed` is its standard input."""
        return CliRunner().invoke(main, arguments, env=self.environ, input=typed)

    def json(self, *arguments: str) -> Any:  # noqa: ANN401
        """What it prints with --json, when all goes well."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, (arguments, result.output, result.exception)
        return json.loads(result.stdout)
