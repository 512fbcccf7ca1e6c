"""From a SIP URI to the addresses that it may be sent to, in order (RFC 3263)."""
