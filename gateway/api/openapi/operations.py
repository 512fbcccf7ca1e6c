"""One endpoint as an OpenAPI operation: what it reads, what it answers, who may call it."""

import inspect
import re
from http import HTTPStatus
from typing import Any, get_type_hints

from gateway.api.endpoints import Endpoint
from gateway.api.families import Problem
from gateway.api.openapi.schemas import Schemas
from gateway.api.replies import JSON, Reply
from gateway.api.routes import AccountRoute, OpenRoute, OwnerRoute, TenantRoute, VersionedRoute

Json = dict[str, Any]

VERSION = "x-version"
"""Our extension: the prefix of an operation that several versions have."""
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
    """Every type that a body of the operation is of."""
    reply = endpoint.reply
    kinds = [endpoint.reads.body, reply.model if reply else None, _error_type(endpoint)]
    return [kind for kind in kinds if kind is not None]


def operation(endpoint: Endpoint, schemas: Schemas) -> Json:
    """The operation object (OpenAPI 3.1, Operation Object)."""
    parameters = _parameters(endpoint)
    body = _request_body(endpoint, schemas)
    return {
        "operationId": _identifier(endpoint),
        "tags": [endpoint.tag],
        **({VERSION: endpoint.version} if endpoint.version else {}),
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


def _parameters(endpoint: Endpoint) -> list[Json]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in SEGMENT.findall(endpoint.path)
    ]
    reply = endpoint.reply
    paging = reply.paging.parameters if reply and reply.paging else None
    for model in (endpoint.reads.query, paging):
        if model is not None:
            found += _query_parameters(model)
    return found


def _query_parameters(model: Any) -> list[Json]:  # noqa: ANN401 - a msgspec type
    """The fields of a query: none can be sent as null, and an empty one counts as absent."""
    schemas = Schemas([model])
    schema = schemas.follow(schemas.of(model))
    found = []
    for name, field in schema["properties"].items():
        shape = {key: value for key, value in field.items() if key != "description"}
        if shape.get("default") in (None, ""):
            shape.pop("default", None)
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
    model = endpoint.reads.body
    if model is None:
        return None
    schema = schemas.of(model)
    # An absent body is read as an empty one.
    required = bool(schemas.follow(schema).get("required", True))
    return {"required": required, "content": {endpoint.route.body_type: {"schema": schema}}}


def _success(reply: Reply | None, schemas: Schemas) -> Json:
    if reply is None:
        return {"200": {"description": "OK"}}
    bodies: Json = {media_type: {} for media_type in reply.content_types}
    if JSON in bodies:
        schema = schemas.of(reply.model)
        bodies[JSON] = {"schema": reply.paging.schema(schema) if reply.paging else schema}
    content = {"content": bodies} if bodies else {}
    statuses = (reply.status, *reply.also)
    return {str(status): {"description": _phrase(status), **content} for status in statuses}


def _refusals(endpoint: Endpoint, schemas: Schemas) -> Json:
    error = {"content": {JSON: {"schema": schemas.of(_error_type(endpoint))}}}
    shown: dict[int, list[str]] = {}
    for status in sorted(_error_statuses(endpoint)):
        worded = endpoint.family.status(
            Problem(status=status, slug="", title="", detail="", code="", instance="")
        )
        shown.setdefault(worded, []).append(_phrase(status))
    return {str(status): {"description": ", ".join(phrases), **error} for status, phrases in shown.items()}


def _phrase(status: int) -> str:
    """The status in words; the Numbers API has one of its own."""
    return "Refused" if status == 420 else HTTPStatus(status).phrase


def _error_statuses(endpoint: Endpoint) -> set[int]:
    route, reads = endpoint.route, endpoint.reads
    # 400 is everywhere: no query may say one thing twice.
    statuses = {400, *route.refusals}
    if not isinstance(route, OpenRoute):
        statuses.add(401)
    if isinstance(route, TenantRoute | VersionedRoute | OwnerRoute):
        statuses.add(403)
    if isinstance(route, AccountRoute) and route.only_basic:
        statuses.add(406)
    if SEGMENT.search(endpoint.path):
        statuses.add(404)
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
        case OwnerRoute(or_anybody=or_anybody):
            return [{"token": []}, {"basic": []}, {"key": [], "secret": []}, *([{}] if or_anybody else [])]
        case TenantRoute() | VersionedRoute():
            return [{"token": []}]
