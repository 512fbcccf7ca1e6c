"""What session descriptions raise."""


class SdpError(Exception):
    """A description that cannot be read, or cannot be agreed on.

    `status_code` is the SIP response that says so, 488 Not Acceptable Here unless told: a description that
    is none at all is a 400 Bad Request. `reason` is one line for people.
    """

    def __init__(self, reason: str, status_code: int = 488) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status_code = status_code


class MalformedSdp(SdpError):
    """What cannot be read as a description."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, 400)
