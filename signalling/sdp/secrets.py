"""What we alone know in a session: our keys for SRTP and our login for ICE."""

from collections.abc import Callable

from signalling.sdp.errors import SdpError
from signalling.sdp.ice import Login
from signalling.sdp.sdes import SUITES
from signalling.sdp.stream import SrtpKey, SrtpSuite

RandomBytes = Callable[[int], bytes]
"""Gives as many octets as it is asked for, that nobody can guess."""

ICE_USER_OCTETS = 4
ICE_PASSWORD_OCTETS = 16
"""128 bits, as RFC 8445 section 5.3 asks."""


def nothing_random(octets: int) -> bytes:
    """Refuse to be a source of secrets: for a session that shall make none."""
    raise SdpError(f"no source for {octets} octets of a secret", 500)


class Secrets:
    """Secrets that stay the same from one description to the next, until they are made anew.

    A key that changed without need would cost the peer packets; one that stays while the peer begins anew
    could not be followed, for a new receiver knows nothing of the packets before (RFC 4568 section 6.4).
    """

    def __init__(self, random: RandomBytes) -> None:
        self._random = random
        self._keys: dict[SrtpSuite, SrtpKey] = {}
        self._login: Login | None = None

    def key(self, suite: SrtpSuite) -> SrtpKey:
        """Our key of a suite."""
        if suite not in self._keys:
            self._keys[suite] = SrtpKey(suite, self._random(SUITES[suite]))
        return self._keys[suite]

    def login(self) -> Login:
        """Our user fragment and password for ICE."""
        if self._login is None:
            self._login = (
                self._random(ICE_USER_OCTETS).hex(),
                self._random(ICE_PASSWORD_OCTETS).hex(),
            )
        return self._login

    def renew_keys(self) -> None:
        """Forget the keys: the peer has new ones."""
        self._keys.clear()

    def renew_login(self) -> None:
        """Forget the login: the peer restarts ICE (RFC 8445 section 9)."""
        self._login = None
