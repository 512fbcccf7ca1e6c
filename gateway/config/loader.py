"""Read the file and the environment into Settings."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard, get_args

import msgspec

from gateway.config import checks
from gateway.config.errors import VARIABLE_PREFIX, ConfigError, key_name
from gateway.config.errors import Path as KeyPath
from gateway.config.settings import Settings

DEFAULT_FILE = Path("cordboard.toml")
FILE_VARIABLE = "CORDBOARD_CONFIG"

_TYPE_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": 'text in "quotes"',
    "array": "a list in [brackets]",
    "object": "a table",
}


def find(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file that `load` reads: the given one, $CORDBOARD_CONFIG, ./cordboard.toml, or none at all."""
    if path is not None:
        return path
    if named := environ.get(FILE_VARIABLE):
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of the file (see `find`) with the environment's on top. Raises ConfigError."""
    file = find(path, environ)
    table = _read(file) if file is not None else {}
    _refuse_unknown_keys(table, Settings, ())
    variables = _overlay(table, environ)
    try:
        settings = msgspec.convert(table, Settings)
        checks.check(settings)
    except msgspec.ValidationError as error:
        raise _translated(error, table) from None
    except ConfigError as error:
        # The reader looks where the value came from, which may not be the file.
        if variable := variables.get(error.key):
            raise ConfigError(variable, error.problem) from None
        raise
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(str(file), f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(str(file), "is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(file), f"is not TOML: {error}") from None


def _refuse_unknown_keys(table: Mapping[str, Any], struct: type[msgspec.Struct], path: KeyPath) -> None:
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
    for key, value in table.items():
        here = (*path, key)
        if key not in fields:
            close = difflib.get_close_matches(key, fields, n=1)
            hint = (
                f"did you mean {key_name((*path, close[0]))}?" if close else f"there are {', '.join(fields)}"
            )
            raise ConfigError(key_name(here), f"is not a setting; {hint}")
        for inner, inner_path, inner_struct in _nested(value, fields[key], here):
            _refuse_unknown_keys(inner, inner_struct, inner_path)


def _nested(
    value: object, annotation: object, path: KeyPath
) -> Iterator[tuple[Mapping[str, Any], KeyPath, type[msgspec.Struct]]]:
    """The tables in a value: the value itself, or the items of its list."""
    if isinstance(value, dict) and _is_struct(annotation):
        yield value, path, annotation
    elif isinstance(value, list) and _holds_tables(annotation):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield item, (*path, index), get_args(annotation)[0]


def _is_struct(annotation: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _overlay(table: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Put the environment's values into the table; which variable set each key."""
    set_by: dict[str, str] = {}
    known = dict(_variables())
    sections = {name.split("_")[1] for name, (path, _) in known.items() if len(path) > 1}
    for name in sorted(environ):
        if name in known:
            path, annotation = known[name]
            section: Any = table
            for step in path[:-1]:
                section = section.setdefault(step, {}) if isinstance(section, dict) else None
            if isinstance(section, dict):  # otherwise the conversion says what is wrong with the file
                section[path[-1]] = _value(name, environ[name], annotation)
            set_by[key_name(path)] = name
        elif name.startswith(VARIABLE_PREFIX) and name.split("_")[1] in sections:
            # Only in our own sections: container hosts set CORDBOARD_SERVICE_HOST and the like themselves.
            close = difflib.get_close_matches(name, known, n=1)
            raise ConfigError(name, "is not a setting" + (f"; did you mean {close[0]}?" if close else ""))
    return set_by


def _variables(
    struct: type[msgspec.Struct] = Settings, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[tuple[str, ...], Any]]]:
    """Every environment variable that may be set: its key and the key's type."""
    for field in msgspec.structs.fields(struct):
        path = (*above, field.name)
        if _is_struct(field.type):
            yield from _variables(field.type, path)
        elif not _holds_tables(field.type):
            yield VARIABLE_PREFIX + "_".join(path).upper(), (path, field.type)


def _holds_tables(annotation: object) -> bool:
    return any(_is_struct(argument) for argument in get_args(annotation))


def _value(name: str, text: str, annotation: object) -> object:
    if annotation is int:
        try:
            return int(text)
        except ValueError:
            raise ConfigError(name, f'holds "{text}"; it may hold a whole number') from None
    if annotation is float:
        try:
            return float(text)
        except ValueError:
            raise ConfigError(name, f'holds "{text}"; it may hold a number') from None
    if get_args(annotation):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


_WHERE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_STEP = re.compile(r"([A-Za-z_]+)|\[(\d+)\]")


def _translated(error: msgspec.ValidationError, table: Mapping[str, Any]) -> ConfigError:
    """The library's message in the words of the file."""
    text = str(error)
    where = _WHERE.search(text)
    steps = _STEP.findall(where["path"]) if where else []
    path: KeyPath = tuple(int(index) if index else name for name, index in steps)
    if missing := re.search(r"missing required field `(\w+)`", text):
        return ConfigError(key_name((*path, missing[1])), "is missing and has no default")
    value: Any = table
    for part in path:
        value = value[part]
    wanted = re.search(r"Expected `(\w+)`", text)
    return ConfigError.wrong(path, value, _TYPE_WORDS.get(wanted[1], wanted[1]) if wanted else text)
