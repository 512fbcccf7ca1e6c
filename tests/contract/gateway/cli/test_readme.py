"""What the README tells a newcomer to type is understood."""

import re
import shlex
from pathlib import Path

import pytest

from tests.contract.gateway.cli.fakes import FakeGateway, Shell

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[4]
LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for line in block.splitlines()
]


def test_every_cordboard_line_works(fake: FakeGateway, shell: Shell, private_key: str) -> None:
    number = {"msisdn": "447700900000", "country": "GB", "features": ["VOICE"]}
    leg = {
        "uuid": "leg-1",
        "conversation_uuid": "CON-1",
        "status": "completed",
        "start_time": "t",
        "duration": "1",
    }
    application = {"id": "app-1", "name": "hello"}
    fake.prepare("POST", "/v2/applications", application | {"keys": {"private_key": private_key}}, status=201)
    fake.prepare("GET", "/v2/applications", {"_embedded": {"applications": [application]}})
    fake.prepare("GET", "/number/search", {"count": 1, "numbers": [number]})
    fake.prepare("GET", "/account/numbers", {"count": 1, "numbers": [number]})
    fake.prepare("POST", "/number/buy", {})
    fake.prepare("POST", "/number/update", {})
    fake.prepare("GET", "/v1/events", b"data: {}\n\n")
    fake.prepare("POST", "/v1/calls", leg, status=201)
    typed = [shlex.split(line)[1:] for line in LINES if line.startswith("cordboard ")]
    assert len(typed) >= 6
    for arguments in typed:
        result = shell.run(*arguments)
        assert result.exit_code == 0, (arguments, result.output)


def test_every_program_that_it_starts_is_there() -> None:
    started = [line.split()[1] for line in LINES if line.startswith("python ")]
    assert started
    assert all((ROOT / path).is_file() for path in started)


def test_every_file_that_it_links_is_there() -> None:
    links = re.findall(r"\]\(([\w./-]+)\)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
