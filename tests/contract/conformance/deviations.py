"""Where answers are not as published, on purpose, with the reason. Each entry must still be true.

An entry names endpoints and a difference; in both, `*` stands for anything.
"""

DEVIATIONS: tuple[tuple[str, str, str], ...] = (
    (
        "* /*/conversations/{id}/events*",
        "*id is integer, not string",
        "events are numbered; /v0.2 and /v1 were published with integers, and clients count with them",
    ),
    (
        "GET /*/conversations/{id}/events*",
        "*state is object, not string",
        "the published words are those of members; clients read who has seen the event",
    ),
    (
        "* /beta/*",
        "*state is '*'",
        "members' states are in capitals in every version, as clients compare them",
    ),
    (
        "* /v0.1/*",
        "*state is '*'",
        "members' states are in capitals in every version, as clients compare them",
    ),
    (
        "GET /*/legs",
        "_embedded.legs[].state is object, not string",
        "clients read the state as an object of status and reason; `status` has the word",
    ),
    (
        "GET /v0.3/legs",
        "* is missing",
        "paged by cursor, as the draft that came later and today's clients have it",
    ),
    (
        "DELETE /v0.3/*",
        "status 204, not 200",
        "whatever is deleted in /v0.3 is answered alike, without a body",
    ),
    (
        "POST /account/top-up",
        "status 401, not 200",
        "nothing is charged, so no account tops up by itself; refused as such accounts are",
    ),
)
