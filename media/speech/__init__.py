"""Text to speech, in a process of its own: `python -m media.speech`."""
