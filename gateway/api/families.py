"""How each part of the API words its errors: one typed body per family (API errors)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

import msgspec
from msgspec import UNSET, UnsetType

from gateway.api.xml_answers import Document
from gateway.errors import Unauthorized
from gateway.ids import trace_id


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

    body: Callable[[Problem], msgspec.Struct]
    """Its annotation is the type that descriptions publish."""
    scheme: str = "Bearer"
    """What a 401 asks for."""
    status: Callable[[Problem], int] = lambda problem: problem.status
    xml: Mapping[str, Document] | None = None
    """How the error looks in XML, by the path and, for all others, by ""; without it there is only JSON."""


class InvalidParameter(msgspec.Struct, frozen=True):
    """A field that is wrong."""

    name: str
    reason: str


class ConversationProblem(msgspec.Struct, frozen=True, kw_only=True):
    """An error of the Conversation API, v0.3 and v1."""

    type: str
    """The address that explains the code."""
    title: str
    code: str
    detail: str
    instance: str
    """Names this one error, 32 hexadecimal digits."""
    invalid_parameters: list[InvalidParameter] | UnsetType = UNSET


class LegacyProblem(ConversationProblem, frozen=True, kw_only=True):
    """An error of the first generations of the Conversation API.

    Its clients read `description`, or copy the body whole and take `code` for the type.
    """

    description: str
    validation: dict[str, str] | UnsetType = UNSET
    """Reasons by field."""


class CommonProblem(msgspec.Struct, frozen=True, kw_only=True):
    """An error of the Application and Account API, and of paths that no API has (RFC 9457)."""

    type: str
    title: str
    detail: str
    instance: str
    invalid_parameters: list[InvalidParameter] | UnsetType = UNSET
    retry_after: int | UnsetType = UNSET
    """Seconds."""


class VoiceProblem(msgspec.Struct, frozen=True, kw_only=True):
    """An error of the Voice API."""

    type: str
    """The status in capitals, such as NOT_FOUND."""
    error_title: str
    title: str
    detail: str
    instance: str
    invalid_parameters: dict[str, str] | UnsetType = UNSET
    """Reasons by field."""


class NumbersProblem(msgspec.Struct, frozen=True, rename={"code": "error-code", "label": "error-code-label"}):
    """An error of the Numbers API."""

    code: str
    """The HTTP status again."""
    label: str


def conversation(documents: str) -> Family:
    """Conversation and Users API, v0.3 and v1; `documents` is where the error types are explained."""

    def body(problem: Problem) -> ConversationProblem:
        return ConversationProblem(
            type=f"{documents}#{problem.code}",
            title=problem.title,
            code=problem.code,
            detail=problem.detail,
            instance=problem.instance,
            invalid_parameters=_parameter_list(problem),
        )

    return Family(body=body)


def _parameter_list(problem: Problem) -> list[InvalidParameter] | UnsetType:
    return [InvalidParameter(name, why) for name, why in problem.parameters.items()] or UNSET


def _legacy(problem: Problem) -> LegacyProblem:
    return LegacyProblem(
        type=problem.code,
        title=problem.title,
        code=problem.code,
        detail=problem.detail,
        description=problem.detail,
        instance=problem.instance,
        invalid_parameters=_parameter_list(problem),
        validation=dict(problem.parameters) or UNSET,
    )


COMMON_TITLES = {
    "unauthorized": "Invalid credentials supplied",
    "not-found": "Not Found",
    "wrong-verb": "Request method not allowed",
    "accept-header": "Invalid Accept header",
    "content-type-header": "Unsupported Content-Type header",
    "invalid-payload": "Bad Request",
    "invalid-list": "Bad Request",
}
"""Titles by slug; other errors bring their own (API errors)."""
_QUOTED_NAME = re.compile(r'^"[^"]*" ')


def common(documents: str, **anchors: str) -> Family:
    """Application and Account API; `documents` is where errors are explained.

    `anchors` are the places there of slugs (with `_` for `-`) that do not stand under their own name.
    """

    def body(problem: Problem) -> CommonProblem:
        anchor = anchors.get(problem.slug.replace("-", "_"), problem.slug)
        # Here the reason goes without the name that it is the reason for.
        wrong = [
            InvalidParameter(name, _QUOTED_NAME.sub("", why)) for name, why in problem.parameters.items()
        ]
        return CommonProblem(
            type=f"{documents}{anchor if anchor.startswith('/') else '#' + anchor}",
            title=COMMON_TITLES.get(problem.slug, problem.title),
            detail="The request failed due to validation errors" if wrong else problem.detail,
            instance=problem.instance,
            invalid_parameters=wrong or UNSET,
            retry_after=UNSET if problem.retry_after_s is None else problem.retry_after_s,
        )

    return Family(body=body, scheme="Basic")


def _voice(problem: Problem) -> VoiceProblem:
    return VoiceProblem(
        type=HTTPStatus(problem.status).name,
        error_title=problem.title,
        title=problem.title,
        detail=problem.detail,
        instance=problem.instance,
        invalid_parameters=dict(problem.parameters) or UNSET,
    )


def _numbers(problem: Problem) -> NumbersProblem:
    why = "; ".join(problem.parameters.values()) or problem.detail
    if problem.slug == Unauthorized.slug:
        why = "authentication failed"
    return NumbersProblem(str(_numbers_status(problem)), why)


def _numbers_status(problem: Problem) -> int:
    """420 stands for everything that is wrong with a numbers request but the credentials."""
    return 420 if problem.status in (400, 403, 404, 409) else problem.status


CONVERSATION_LEGACY = Family(body=_legacy)
CONVERSATION_V0_3 = conversation("https://developer.nexmo.com/api/conversation")
CONVERSATION_V1 = conversation("https://developer.vonage.com/api/conversation")
VOICE = Family(body=_voice)
APPLICATION_V1 = Family(body=_voice, scheme="Basic")
APPLICATION = common(
    "https://developer.nexmo.com/api-errors",
    invalid_payload="/application#payload-validation",
    invalid_list="/application#list-validation",
)
SECRETS = common(
    "https://developer.nexmo.com/api-errors", invalid_payload="/account/secret-management#validation"
)
COMMON = common("https://developer.vonage.com/api-errors")


def _unprocessable(problem: Problem) -> int:
    """422 says that something is wrong with the request."""
    return 422 if problem.status == 400 else problem.status


REDACT = replace(
    common(
        "https://developer.nexmo.com/api-errors",
        invalid_product="/redact#invalid-product",
        premature_redaction="/redact#premature-redaction",
    ),
    status=_unprocessable,
)
REPORTS = common(
    "https://developer.nexmo.com/api-errors",
    invalid_payload="/reports#invalid-request-parameters",
    invalid_filter="/reports#invalid-filter",
    invalid_abort_operation="/reports#invalid-abort-operation",
)
RECORDS = replace(REPORTS, status=_unprocessable)
NUMBERS = Family(
    body=_numbers,
    scheme="Basic",
    status=_numbers_status,
    xml={
        "": Document(root="response"),
        "/account/numbers": Document(root="inbound-numbers"),
        "/number/search": Document(root="inbound-numbers"),
        "/account/get-balance": Document(root="accountBalance"),
    },
)

Families = tuple[tuple[str, Family], ...]
"""Path prefixes and their families; the first that fits counts."""


def family_of(families: Families, path: str) -> Family:
    """The family of a path; what belongs to none is worded as most do."""
    return next((family for prefix, family in families if f"{path}/".startswith(f"{prefix}/")), COMMON)
