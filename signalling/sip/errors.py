"""What SIP code raises: one tree, split by whose fault it is."""


class SipError(Exception):
    """Something in SIP went wrong.

    `status_code` (100..699) is the response that a server would send for it, `reason` one line for people.
    """

    default_status_code = 500

    def __init__(self, reason: str, status_code: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status_code = self.default_status_code if status_code is None else status_code


class LocalSipError(SipError):
    """We misused the stack: a value that must not go on the wire, a verb at the wrong time."""


class RemoteSipError(SipError):
    """The peer's octets are not SIP as we read it."""

    default_status_code = 400
