"""Hypothesis for pure code: the same examples in every run, and no clock that a busy machine could trip."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
