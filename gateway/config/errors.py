"""What is wrong with the configuration, in words that say what to write instead."""

import json

Path = tuple[str | int, ...]
"""Where a value stands: `("sip", "port")`, `("trunks", 0, "host")`."""

VARIABLE_PREFIX = "CORDBOARD_"
_SECRET_KEYS = frozenset({"password", "inbound_password", "api_secret", "signature_secret", "secret", "key"})


class ConfigError(Exception):
    """A key that may not hold what it holds.

    `key` is written as in the file (`[sip] port`) or is the name of the environment variable.
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key} {problem}" if key else problem)
        self.key = key
        self.problem = problem

    @property
    def of_environment(self) -> bool:
        """Whether a variable is wrong, and not the file."""
        return self.key.startswith(VARIABLE_PREFIX)

    @classmethod
    def wrong(cls, path: Path, value: object, may_hold: str) -> "ConfigError":
        """The error of a value that is there but may not be; a secret is not repeated."""
        secret = bool(path) and path[-1] in _SECRET_KEYS
        held = "a secret that cannot be used" if secret else _shown(value)
        return cls(key_name(path), f"holds {held}; it may hold {may_hold}")


def key_name(path: Path) -> str:
    """The key as a reader finds it in the file: `[sip] port`, `[[trunks]] (the 1st) host`."""
    match path:
        case ():
            return "the file"
        case (str(key),):
            return key
        case (str(section), int(index), *rest):
            return " ".join([f"[[{section}]] ({_ordinal(index + 1)})", *(str(part) for part in rest[:1])])
        case (str(section), str(key), int(index), str(last)):
            return f"[[{section}.{key}]] ({_ordinal(index + 1)}) {last}"
        case (str(section), str(table), str(key)):
            return f"[{section}.{table}] {key}"
        case _:
            return f"[{path[0]}] {path[1]}"


def _shown(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _ordinal(number: int) -> str:
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
