"""The registrar: which phones are where (RFC 3261 section 10, RFC 3327 Path, RFC 5626 outbound)."""
