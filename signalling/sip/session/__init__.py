"""INVITE sessions: one call each, one file per verb (RFC 3261 sections 13 to 15)."""
