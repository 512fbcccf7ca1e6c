"""A media worker: one process with an engine, and what stands around it in Python."""
