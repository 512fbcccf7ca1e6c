"""Sight: what went over the wire for a call, how its audio was, and both for other tools."""
