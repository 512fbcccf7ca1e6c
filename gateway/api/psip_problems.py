"""How the Programmable SIP API words its errors."""

import msgspec
from msgspec import UNSET, UnsetType

from gateway.api.families import Family, InvalidParameter, Problem

DOCUMENTS = "https://www.nexmo.com/messages/Errors"

LACKING = "Request lacks domain's name, acl or application id"
NEEDED = frozenset({"name", "acl", "application_id"})
"""The fields whose lack that tells of."""

PUBLISHED = {
    401: ("Unauthorized", "Invalid credentials supplied", "You did not provide credentials."),
    404: (
        "NotFound",
        "Invalid domain selected",
        "The domain you're trying to interact with is invalid",
    ),
    500: ("InternalError", "Service internal #InternalError", "An unknown error encountered"),
}
"""By status: the error's name in its type, its title and its detail."""

NAMES = {"unknown-sip-user": "NotFound", "conflict": "Conflict", "throttled": "Throttled"}
"""By slug: the names of errors whose words are their own."""


class PsipProblem(msgspec.Struct, frozen=True, kw_only=True):
    """An error of the Programmable SIP API."""

    type: str
    title: str
    detail: str
    instance: str
    invalid_parameters: list[InvalidParameter] | UnsetType = UNSET


def _body(problem: Problem) -> PsipProblem:
    name, title, detail = _words(problem)
    wrong = [InvalidParameter(field, why) for field, why in problem.parameters.items()]
    return PsipProblem(
        type=f"{DOCUMENTS}#{name}",
        title=title,
        detail=detail,
        instance=problem.instance,
        invalid_parameters=wrong or UNSET,
    )


def _words(problem: Problem) -> tuple[str, str, str]:
    if problem.slug in NAMES:
        return NAMES[problem.slug], problem.title, problem.detail
    if problem.status in PUBLISHED:
        return PUBLISHED[problem.status]
    if _status(problem) == 422:
        return "InvalidParams", "Unprocessable Entity-Invalid request parameters", _what_is_wrong(problem)
    if "body" in problem.parameters:
        reason = problem.parameters["body"].removeprefix('"body" ')
        return "InvalidParams", "The request body did not contain valid JSON", reason
    return "InvalidRequest", problem.title, problem.detail


def _what_is_wrong(problem: Problem) -> str:
    lacks = {field for field, why in problem.parameters.items() if why.endswith("is required")}
    return LACKING if lacks & NEEDED else "; ".join(problem.parameters.values()) or problem.detail


def _status(problem: Problem) -> int:
    """400 says that the body cannot be read, 422 that what it says is wrong."""
    is_readable = problem.parameters and "body" not in problem.parameters
    return 422 if problem.status == 400 and is_readable else problem.status


PSIP = Family(body=_body, scheme="Basic", status=_status)
