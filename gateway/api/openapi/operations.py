"""One endpoint as an OpenAPI operation: what it reads, what it answers, who may call it."""

import inspect
import re
from http import HTTPStatus
from typing import Any, get_type_hints

from gateway.api.endpoints import Endpoint
from gateway.api.families import Problem
from gateway.api.openapi.schemas import Schemas
from gateway.api.replies import JSON, Reply
from gateway.api.routes import AccountRoute, OpenRoute, TenantRoute, VersionedRoute

Json = dict[str, Any]

FORM = "application/x-www-form-urlencoded"
SEGMENT = re.compile(r"{(\w+)[^}]*}")
"""A variable part of a path, which may have a pattern."""

_WHICH = re.compile(r"^(?:GET|POST|PUT|PATCH|DELETE)\b[^\n]*?[.:;](?:\s+|$)")
"""How the docstrings of handlers begin."""

SECURITY_SCHEMES: Json = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Signed with the application's private key, RS256.",
    },
    "basic": {"type": "http", "scheme": "basic", "description": "The account's API key and secret."},
    "key": {"type": "apiKey", "in": "query", "name": "api_key"},
    "secret": {"type": "apiKey", "in": "query", "name": "api_secret"},
}


def types_of(endpoint: Endpoint) -> list[Any]:
    """Every type that the operation has a schema of."""
    reply = endpoint.reply
    paging = reply.paging.parameters if reply and reply.paging else None
    kinds = [
        endpoint.reads.body,
        endpoint.reads.query,
        reply.model if reply else None,
        paging,
        _error_type(endpoint),
    ]
    return [kind for kind in kinds if kind is not None]


def operation(endpoint: Endpoint, schemas: Schemas) -> Json:
    """The operation object (OpenAPI 3.1, Operation Object)."""
    parameters = _parameters(endpoint, schemas)
    body = _request_body(endpoint, schemas)
    return {
        "operationId": _identifier(endpoint),
        "tags": [endpoint.tag],
        "summary": endpoint.route.summary,
        "description": _description(endpoint),
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": body} if body else {}),
        "responses": {**_success(endpoint.reply, schemas), **_refusals(endpoint, schemas)},
        "security": _security(endpoint),
    }


def template(path: str) -> str:
    """The path without patterns."""
    return SEGMENT.sub(r"{\1}", path)


def _description(endpoint: Endpoint) -> str:
    """What the handler's docstring says after the method and the path."""
    words = _WHICH.sub("", inspect.getdoc(endpoint.route.handler) or "")
    return words[:1].upper() + words[1:]


def _identifier(endpoint: Endpoint) -> str:
    words = re.findall(r"\w+", template(endpoint.path).replace(".", "_"))
    return "_".join([endpoint.method.lower(), *words])


def _parameters(endpoint: Endpoint, schemas: Schemas) -> list[Json]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in SEGMENT.findall(endpoint.path)
    ]
    reply = endpoint.reply
    paging = reply.paging.parameters if reply and reply.paging else None
    for model in (endpoint.reads.query, paging):
        if model is not None:
            found += _query_parameters(schemas.follow(schemas.of(model)))
    return found


def _query_parameters(schema: Json) -> list[Json]:
    """The fields of a query: one that is null by default cannot be sent as null."""
    found = []
    for name, field in schema["properties"].items():
        shape = {key: value for key, value in field.items() if key != "description"}
        if shape.get("default", "") is None:
            del shape["default"]
        if "anyOf" in shape:
            kinds = [kind for kind in shape.pop("anyOf") if kind != {"type": "null"}]
            shape |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        parameter = {"name": name, "in": "query", "schema": shape}
        if name in schema.get("required", ()):
            parameter["required"] = True
        if "description" in field:
            parameter["description"] = field["description"]
        found.append(parameter)
    return found


def _request_body(endpoint: Endpoint, schemas: Schemas) -> Json | None:
    model, route = endpoint.reads.body, endpoint.route
    if model is None:
        return None
    schema = schemas.of(model)
    is_form = isinstance(route, AccountRoute) and not route.only_basic
    # An absent body is read as an empty one.
    required = bool(schemas.follow(schema).get("required", True))
    return {"required": required, "content": {FORM if is_form else JSON: {"schema": schema}}}


def _success(reply: Reply | None, schemas: Schemas) -> Json:
    if reply is None:
        return {"200": {"description": "OK"}}
    content = {}
    if reply.model is not None:
        schema = schemas.of(reply.model)
        whole = reply.paging.schema(schema) if reply.paging else schema
        content = {
            "content": {
                media_type: {"schema": whole} if media_type == JSON else {}
                for media_type in reply.media_types
            }
        }
    return {
        str(status): {"description": HTTPStatus(status).phrase, **content}
        for status in (reply.status, *reply.also)
    }


def _refusals(endpoint: Endpoint, schemas: Schemas) -> Json:
    error = {"content": {JSON: {"schema": schemas.of(_error_type(endpoint))}}}
    shown: dict[int, list[str]] = {}
    for status in sorted(_error_statuses(endpoint)):
        worded = endpoint.family.status(
            Problem(status=status, slug="", title="", detail="", code="", instance="")
        )
        shown.setdefault(worded, []).append(HTTPStatus(status).phrase)
    return {str(status): {"description": ", ".join(phrases), **error} for status, phrases in shown.items()}


def _error_statuses(endpoint: Endpoint) -> set[int]:
    route, reads = endpoint.route, endpoint.reads
    statuses = set(route.refusals)
    if not isinstance(route, OpenRoute):
        statuses.add(401)
    if isinstance(route, TenantRoute | VersionedRoute):
        statuses.add(403)
    if SEGMENT.search(endpoint.path):
        statuses.add(404)
    is_paged = endpoint.reply is not None and endpoint.reply.paging is not None
    if reads.body is not None or reads.query is not None or is_paged:
        statuses.add(400)
    if reads.body is not None:
        statuses |= {413, 415}
    return statuses


def _error_type(endpoint: Endpoint) -> Any:  # noqa: ANN401 - a msgspec type
    return get_type_hints(endpoint.family.body)["return"]


def _security(endpoint: Endpoint) -> list[Json]:
    match endpoint.route:
        case OpenRoute():
            return []
        case AccountRoute(only_basic=True):
            return [{"basic": []}]
        case AccountRoute():
            return [{"basic": []}, {"key": [], "secret": []}]
        case _:
            return [{"token": []}]
