"""What the clients call and the gateway does not serve. Whoever serves it removes its entry: the tests insist."""

ABSENT = "there is no such route"

NOT_YET: dict[str, str] = {
    "PUT /beta/conversations/{id}": ABSENT,
    "DELETE /beta/conversations/{id}": ABSENT,
    "PUT /beta/conversations/{id}/members/{id}": ABSENT,
    "DELETE /beta/conversations/{id}/members/{id}": ABSENT,
    "DELETE /beta/conversations/{id}/events/{id}": ABSENT,
    "PUT /beta/users/{id}": ABSENT,
    "DELETE /beta/users/{id}": ABSENT,
    "GET /beta2/conversations/{id}/members/{id}": ABSENT,
    "GET /beta2/users/{id}": ABSENT,
    "GET /beta2/users/{id}/conversations": ABSENT,
    "PUT /v1/conversations/{id}": ABSENT,
    "PUT /v1/conversations/{id}/record": ABSENT,
    "DELETE /v1/conversations/{id}": ABSENT,
    "GET /v1/conversations/{id}/members/me": ABSENT,
    "PATCH /v1/conversations/{id}/members/{id}": ABSENT,
    "DELETE /v1/conversations/{id}/events/{id}": ABSENT,
    "PATCH /v1/users/{id}": ABSENT,
    "DELETE /v1/users/{id}": ABSENT,
    "GET /v1/users/{id}/conversations": ABSENT,
    "GET /v1/users/{id}/sessions": ABSENT,
    "POST /v1/calls (random_from_number)": "the caller's number is Unknown",
    "GET /v1/calls (following its links)": "they are relative, which the library cannot read",
    "DELETE /v2/applications/{id} (bytes after its head)": "they make the request end with 400",
    "POST /account/settings": ABSENT,
    "GET /accounts/{key}/secrets": ABSENT,
}
"""Endpoint, as tests mark it, and what is missing."""
