"""Errors as bodies: one shape per family of the API (API errors), made in one middleware.

Handlers and the core raise GatewayError; aiohttp raises its own HTTP errors; anything else is a bug, logged
once and answered without a word about it. All three become a `Problem`, and the family of the path shows it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gateway.errors import GatewayError, Invalid, NotFound, Throttled
from gateway.ids import trace_id

log = logging.getLogger(__name__)

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What went wrong, before it has a shape."""

    status: int
    slug: str
    title: str
    detail: str
    code: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    retry_after_s: int | None = None
    allow: str | None = None
    instance: str = field(default_factory=trace_id)


@dataclass(frozen=True, kw_only=True)
class Family:
    """How one part of the API words its errors."""

    body: Callable[[Problem], Json]
    scheme: str = "Bearer"
    """What a 401 asks for."""
    status: Callable[[Problem], int] = lambda problem: problem.status


CODES = {
    400: "http:error:validation-fail",
    401: "system:error:invalid-token",
    403: "system:error:permission",
    404: "http:error:not-found",
    405: "http:error:method-not-allowed",
    409: "system:error:unique",
    413: "http:error:payload-too-large",
    415: "http:error:unsupported-media-type",
    429: "http:error:too-many-requests",
    500: "system:error:internal-error",
}
"""The Conversation API's code of an error that names none."""

SLUGS = {404: "not-found", 405: "wrong-verb", 406: "accept-header", 415: "content-type-header"}
"""The slugs of what aiohttp refuses."""


def _parameter_list(problem: Problem) -> Json:
    if not problem.parameters:
        return {}
    return {"invalid_parameters": [{"name": name, "reason": why} for name, why in problem.parameters.items()]}


def conversation(documents: str) -> Family:
    """Conversation and Users API, v0.3 and v1; `documents` is where the error types are explained."""

    def body(problem: Problem) -> Json:
        return {
            "title": problem.title,
            "type": f"{documents}#{problem.code}",
            "code": problem.code,
            "detail": problem.detail,
            "instance": problem.instance,
            **_parameter_list(problem),
        }

    return Family(body=body)


def _legacy_conversation(problem: Problem) -> Json:
    # Clients of this generation read `description`, or copy the body whole and take `code` for the type.
    body = {
        "type": problem.code,
        "code": problem.code,
        "title": problem.title,
        "detail": problem.detail,
        "description": problem.detail,
        "instance": problem.instance,
        **_parameter_list(problem),
    }
    return {**body, "validation": dict(problem.parameters)} if problem.parameters else body


def _common(problem: Problem) -> Json:
    retry = {} if problem.retry_after_s is None else {"retry_after": problem.retry_after_s}
    return {
        "type": f"https://developer.vonage.com/api-errors#{problem.slug}",
        "title": problem.title,
        "detail": problem.detail,
        "instance": problem.instance,
        **_parameter_list(problem),
        **retry,
    }


def _voice(problem: Problem) -> Json:
    body = {
        "type": HTTPStatus(problem.status).name,
        "error_title": problem.title,
        "title": problem.title,
        "detail": problem.detail,
        "instance": problem.instance,
    }
    return {**body, "invalid_parameters": dict(problem.parameters)} if problem.parameters else body


def _numbers(problem: Problem) -> Json:
    why = "; ".join(problem.parameters.values()) or problem.detail
    return {"error-code": str(_numbers_status(problem)), "error-code-label": why}


def _numbers_status(problem: Problem) -> int:
    """420 stands for everything that is wrong with a numbers request but the credentials."""
    return 420 if problem.status in (400, 404, 409) else problem.status


CONVERSATION_LEGACY = Family(body=_legacy_conversation)
CONVERSATION_V0_3 = conversation("https://developer.nexmo.com/api/conversation")
CONVERSATION_V1 = conversation("https://developer.vonage.com/api/conversation")
VOICE = Family(body=_voice)
APPLICATION = Family(body=_common, scheme="Basic")
NUMBERS = Family(body=_numbers, scheme="Basic", status=_numbers_status)

Families = tuple[tuple[str, Family], ...]
"""Path prefixes and their families; the first that fits counts."""


def problem_middleware(families: Families) -> Middleware:
    """The one place where an exception becomes an answer."""

    @web.middleware
    async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except GatewayError as error:
            problem = _of_gateway(error)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            problem = _of_http(request, error)
        except Exception:
            problem = _internal()
            log.exception("request failed: %s %s (%s)", request.method, request.path, problem.instance)
        return _respond(problem, _family(families, request.path))

    return answer_problems


def _family(families: Families, path: str) -> Family:
    return next((family for prefix, family in families if f"{path}/".startswith(f"{prefix}/")), APPLICATION)


def _of_gateway(error: GatewayError) -> Problem:
    return Problem(
        status=error.status,
        slug=error.slug,
        title=error.title,
        detail=error.detail,
        code=error.code or CODES.get(error.status, CODES[500]),
        parameters=error.parameters if isinstance(error, Invalid) else {},
        retry_after_s=error.retry_after_s if isinstance(error, Throttled) else None,
    )


def _of_http(request: web.Request, error: web.HTTPException) -> Problem:
    if isinstance(error, web.HTTPNotFound):
        return _of_gateway(NotFound(f"There is nothing at {request.path}."))
    return Problem(
        status=error.status,
        slug=SLUGS.get(error.status, "invalid-payload"),
        title=f"{error.reason}.",
        detail=f"{request.method} {request.path}: {error.reason}.",
        code=CODES.get(error.status, CODES[400]),
        allow=error.headers.get("Allow"),
    )


def _internal() -> Problem:
    failure = GatewayError("Something went wrong on our side.")
    return _of_gateway(failure)


def _respond(problem: Problem, family: Family) -> web.Response:
    headers = {}
    if problem.allow:
        headers["Allow"] = problem.allow
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = f'{family.scheme} realm="cordboard"'
    return web.json_response(family.body(problem), status=family.status(problem), headers=headers)
