"""The conversation core: pure decisions over an event log."""
