"""A gateway that is only an HTTP server with prepared answers, and the command line beside it."""

import json
from dataclasses import dataclass, field
from pathlib import Path

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

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, env=self.environ)
