"""Bodies of requests, made of what was said on the command line."""

import json
from typing import Any

import click

Json = dict[str, Any]


class Verbatim(dict[str, Any]):
    """An object that somebody wrote down: it is sent as it is."""


class JsonObject(click.ParamType[Verbatim]):
    """An object as JSON text."""

    name = "json"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - as click calls it
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Verbatim:
        """The object."""
        try:
            read = json.loads(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(f"is not JSON: {error}", param, ctx)
        if not isinstance(read, dict):
            self.fail("is not a JSON object", param, ctx)
        return Verbatim(read)


def given(body: Json) -> Json:
    """The body without what was not said: None, and objects that nothing is left of."""
    plain = {name: given(value) if type(value) is dict else value for name, value in body.items()}
    return {
        name: value
        for name, value in plain.items()
        if value is not None and not (type(value) is dict and not value)
    }


def beside(before: Json, body: Json, *names: str) -> Json:
    """The body of an update, its parts of these names together with what they held before.

    The API replaces such a part whole, and who names one member of it means that one.
    """
    parts = {name: {**before.get(name, {}), **body[name]} for name in names if name in body}
    return body | parts


def changed(body: Json, what: str) -> Json:
    """The body of an update, which must hold something. Raises UsageError."""
    if not body:
        raise click.UsageError(f"Say what to change of the {what}; --help lists what can be.")
    return body


def json_value(text: str | None, option: str) -> object:
    """What an option's JSON text says; None without it. Raises BadParameter."""
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"is not JSON: {error}", param_hint=option) from None
