"""What is done in a tick, one file a deed: functions on the arrays of `media.engine.state` alone."""
