"""The certificate of a worker's legs, which SDP has named: it outlives the worker."""

import numpy as np

from media.rtp.dtls import Identity
from media.worker.ledger import Ledger


def remembered_identity(ledger: Ledger, given: bytes = b"") -> Identity:
    """That of the first worker, as the gateway gives it, or of the worker before; or a new one."""
    pem = given or ledger.identity.tobytes().rstrip(b"\0")
    identity = Identity(pem or None)
    ledger.identity[: len(identity.pem)] = np.frombuffer(identity.pem, np.uint8)
    return identity
