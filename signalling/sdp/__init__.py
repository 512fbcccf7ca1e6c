"""Session descriptions and their offer/answer exchange."""
