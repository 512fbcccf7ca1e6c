"""What the clients call and the gateway does not serve; the tests insist that an entry goes when it does."""

NOT_YET: dict[str, str] = {
    "PUT /v1/calls/{id}/input/dtmf": "it is refused: digits cannot be followed yet",
    "POST /v1/calls (random_from_number)": "the caller's number is Unknown",
    "GET /v1/calls (following its links)": "they are relative, which the library cannot read",
    "DELETE /v2/applications/{id} (bytes after its head)": "they make the request end with 400",
}
"""Endpoint, as tests mark it, and what is missing."""
