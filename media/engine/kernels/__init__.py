"""The phases of a tick, one file each: functions on the arrays of `media.engine.state` and nothing else."""
