"""The certificate of a worker's legs, which SDP has named: it outlives the worker."""

import numpy as np

from media.rtp.dtls import Identity
from media.worker.ledger import Ledger


def remembered_identity(ledger: Ledger) -> Identity:
    """That of the worker before; a new one under the first."""
    pem = ledger.identity.tobytes().rstrip(b"\0")
    identity = Identity(pem or None)
    ledger.identity[: len(identity.pem)] = np.frombuffer(identity.pem, np.uint8)
    return identity
