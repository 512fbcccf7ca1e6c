"""Redaction: what must go of a call, wherever it is kept (Redact API)."""
