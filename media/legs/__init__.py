"""Legs that are not RTP: where an application's own connection meets the engine."""
