"""Saying no."""

from media.errors import MediaError


class Refusal(MediaError):
    """A command that cannot be carried out; the message says why."""
