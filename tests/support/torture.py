"""Messages of fixtures/sip with what is to become of each."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sip"
FOLDERS = ("torture", "torture6", "oddities")


@dataclass(frozen=True)
class Case:
    """One message. `outcome`: a status code, or a word that `outcomes.toml` explains."""

    folder: str
    name: str
    outcome: int | str
    octets: bytes

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"


def cases() -> list[Case]:
    """Every case, in the order of its folder's list. Each message is in the list, each of the list exists."""
    found = []
    for folder in FOLDERS:
        outcomes = tomllib.loads((FIXTURES / folder / "outcomes.toml").read_text())
        messages = {path.stem: path.read_bytes() for path in (FIXTURES / folder).glob("*.sip")}
        assert messages.keys() == outcomes.keys(), folder
        found += [
            Case(folder, name, expected["outcome"], messages[name]) for name, expected in outcomes.items()
        ]
    return found
