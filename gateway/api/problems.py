"""Errors as answers: whatever a handler raises, made a body in one middleware.

Handlers and the core raise GatewayError; aiohttp raises its own HTTP errors; anything else is a bug, logged
once and answered without a word about it. All three become a `Problem`, and the family of the path shows it.
"""

import logging
from http import HTTPStatus

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gateway.api.families import Families, Family, Problem, family_of
from gateway.api.xml_answers import JSON, body_in
from gateway.errors import GatewayError, Invalid, NotFound, Throttled

log = logging.getLogger(__name__)

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
        return _respond(request, problem, family_of(families, request.path))

    return answer_problems


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


def _respond(request: web.Request, problem: Problem, family: Family) -> web.Response:
    headers = {}
    if problem.allow:
        headers["Allow"] = problem.allow
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = f'{family.scheme} realm="cordboard"'
    body, kind = _written(request, family.body(problem), family)
    return web.Response(
        body=body, status=family.status(problem), headers=headers, content_type=kind, charset="utf-8"
    )


def _written(request: web.Request, body: msgspec.Struct, family: Family) -> tuple[bytes, str]:
    if family.xml is None:
        return msgspec.json.encode(body), JSON
    path = request.path.removesuffix(request.match_info.get("format", "")).rstrip("/")
    return body_in(request, body, family.xml.get(path, family.xml[""]))
