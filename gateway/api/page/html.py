"""The page itself: resources, their operations, and how to ask for each."""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from gateway.api.openapi.operations import VERSION
from gateway.api.page.markup import Markup, element, join, prose
from gateway.api.page.shapes import Shapes

Json = dict[str, Any]

METHODS = ("get", "head", "post", "put", "patch", "delete")


@cache
def _part(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")


@cache
def policy() -> str:
    """The Content-Security-Policy of the page: its own style and script, and nothing else."""
    style, script = (_digest(_part(name)) for name in ("page.css", "page.js"))
    return (
        f"default-src 'none'; style-src '{style}'; script-src '{script}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def page(document: Json) -> str:
    """The document as HTML."""
    shapes = Shapes(document)
    sections = [_section(document, tag, shapes) for tag in document["tags"]]
    head = element(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", document["info"]["title"]),
        element("style", Markup(_part("page.css"))),
    )
    body = element(
        "body",
        _introduction(document),
        element("main", *sections),
        element("script", Markup(_part("page.js"))),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _introduction(document: Json) -> Markup:
    info = document["info"]
    links = [element("a", _title(tag["name"]), href=f"#{tag['name']}") for tag in document["tags"]]
    credentials = [
        element("li", element("b", name), f": {_credential(scheme)}")
        for name, scheme in document["components"]["securitySchemes"].items()
    ]
    return element(
        "header",
        element("h1", info["title"], " ", element("small", info["version"])),
        prose(info["description"]),
        element(
            "p",
            "Server ",
            element("code", document["servers"][0]["url"]),
            ". For programs: ",
            element("a", "openapi.json", href="openapi.json"),
            ".",
        ),
        element("details", element("summary", "Credentials"), element("ul", *credentials)),
        element("nav", *links),
        Markup('<input type="search" id="filter" placeholder="Filter by path or word" hidden>'),
    )


def _credential(scheme: Json) -> str:
    if scheme["type"] == "apiKey":
        return f"{scheme['name']} in the query or in a form"
    return f"{scheme['scheme']}. {scheme.get('description', '')}"


def _section(document: Json, tag: Json, shapes: Shapes) -> Markup:
    """The operations of a resource; those that a newer version has as well stand folded at the end."""
    current: list[Markup] = []
    earlier: list[Markup] = []
    known: set[tuple[str, str]] = set()
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item and tag["name"] in item[method]["tags"]:
                plain = (method, path.removeprefix(item[method].get(VERSION, "")))
                shown = earlier if plain in known else current
                shown.append(_operation(document, path, method, item[method], shapes))
                known.add(plain)
    folded = element("details", element("summary", "Earlier versions"), *earlier, class_="earlier")
    return element(
        "section",
        element("h2", _title(tag["name"])),
        prose(tag["description"]),
        *current,
        folded if earlier else Markup(""),
        id=tag["name"],
    )


def _title(tag: str) -> str:
    return tag.replace("_", " ").capitalize()


def _operation(document: Json, path: str, method: str, operation: Json, shapes: Shapes) -> Markup:
    summary = element(
        "summary",
        element("b", method.upper(), class_=method),
        " ",
        element("code", path),
        " ",
        element("span", operation["summary"]),
    )
    return element(
        "details",
        summary,
        prose(operation["description"]),
        _credentials_of(operation),
        _parameters(operation, shapes),
        _request(operation, shapes),
        _replies(operation, shapes),
        element("h3", "Sample"),
        element("pre", _curl(document["servers"][0]["url"] + path, method, operation, shapes)),
        id=operation["operationId"],
        class_="operation",
    )


def _credentials_of(operation: Json) -> Markup:
    ways = [" and ".join(scheme) or "none" for scheme in operation["security"]]
    return element("p", f"Credentials: {' or '.join(ways) or 'none'}.")


def _parameters(operation: Json, shapes: Shapes) -> Markup:
    found = operation.get("parameters", [])
    if not found:
        return Markup("")
    as_fields = {
        parameter["name"]: {"description": parameter.get("description", ""), **parameter["schema"]}
        for parameter in found
    }
    required = [parameter["name"] for parameter in found if parameter.get("required")]
    return join([element("h3", "Parameters"), shapes.fields({"properties": as_fields, "required": required})])


def _request(operation: Json, shapes: Shapes) -> Markup:
    if "requestBody" not in operation:
        return Markup("")
    ((media_type, body),) = operation["requestBody"]["content"].items()
    return join([element("h3", "Body, ", element("code", media_type)), shapes.fields(body["schema"])])


def _replies(operation: Json, shapes: Shapes) -> Markup:
    good = {status: reply for status, reply in operation["responses"].items() if status < "400"}
    bad = {status: reply for status, reply in operation["responses"].items() if status >= "400"}
    errors = [f"{status} {reply['description']}" for status, reply in bad.items()]
    return join(
        [
            element("h3", "Answer"),
            *(_reply(status, reply, shapes) for status, reply in good.items()),
            element("p", f"Errors: {'; '.join(errors)}.") if errors else Markup(""),
        ]
    )


def _reply(status: str, reply: Json, shapes: Shapes) -> Markup:
    content = reply.get("content", {})
    schema = next((body["schema"] for body in content.values() if "schema" in body), None)
    what = ", ".join(content) or "no body"
    heading = element("p", element("b", status), f" {reply['description']}: {what}")
    if schema is None or not (fields := shapes.fields(schema)):
        return heading
    sample = element("pre", _pretty(shapes.sample(schema)))
    return join([heading, element("details", element("summary", "Fields"), fields), sample])


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _curl(url: str, method: str, operation: Json, shapes: Shapes) -> str:
    schemes = [name for scheme in operation["security"][:1] for name in scheme]
    lines = [f"curl -X {method.upper()} '{url}'"]
    if "token" in schemes:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if "basic" in schemes:
        lines.append('-u "$API_KEY:$API_SECRET"')
    if "requestBody" in operation:
        ((media_type, body),) = operation["requestBody"]["content"].items()
        sample = shapes.sample(body["schema"])
        if media_type == "application/json":
            lines += [f"-H 'Content-Type: {media_type}'", f"-d '{_pretty(sample)}'"]
        elif isinstance(sample, dict):
            lines += [f"-d '{name}={value}'" for name, value in sample.items() if value is not None]
    return " \\\n  ".join(lines)
