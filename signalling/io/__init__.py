"""Thin asyncio shells around the SIP endpoint."""
