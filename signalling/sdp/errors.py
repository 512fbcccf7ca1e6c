"""What session descriptions raise."""


class SdpError(Exception):
    """A description that cannot be read, or cannot be agreed on.

    `status_code` is the SIP response that says so, 488 Not Acceptable Here unless told; `reason` is one line
    for people.
    """

    def __init__(self, reason: str, status_code: int = 488) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status_code = status_code
