"""What can go wrong in the gateway, as one tree.

    GatewayError
    ├── Invalid        400  the request is wrong: `parameters` names each field and why
    ├── Unauthorized   401  no credentials, or none that count
    ├── Forbidden      403  good credentials, not for this
    ├── NotFound       404  absent, or another tenant's: the two are never told apart
    ├── Conflict       409  a name that is taken
    ├── Throttled      429  too many requests; `retry_after_s` says when to come back
    └── Unavailable    503  not now: a worker is missing, a table is full

Each error knows its HTTP status, the slug and title of its problem document (RFC 9457) and, where the
Conversation API publishes one, its `code`. `gateway.api.problems` turns them into bodies.
"""


class GatewayError(Exception):
    """An error that has a place in the HTTP interface."""

    status = 500
    slug = "internal-error"
    title = "Internal Error."

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


class Invalid(GatewayError):
    """The request is wrong. `parameters` maps a field's name to the reason."""

    status = 400
    slug = "invalid-payload"
    title = "Bad request."

    def __init__(self, detail: str, *, code: str | None = None, **parameters: str) -> None:
        super().__init__(detail, code=code)
        self.parameters = parameters


class Unauthorized(GatewayError):
    """No credentials, or none that count."""

    status = 401
    slug = "unauthorized"
    title = "Unauthorized."


class Forbidden(GatewayError):
    """Good credentials, not for this."""

    status = 403
    slug = "forbidden"
    title = "Forbidden."


class NotFound(GatewayError):
    """Absent, or another tenant's."""

    status = 404
    slug = "not-found"
    title = "Not found."


class Conflict(GatewayError):
    """A name that is taken."""

    status = 409
    slug = "conflict"
    title = "Conflict."


class Throttled(GatewayError):
    """Too many requests."""

    status = 429
    slug = "throttled"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Unavailable(GatewayError):
    """Not now."""

    status = 503
    slug = "service-unavailable"
    title = "Service Unavailable."
