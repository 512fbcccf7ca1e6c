"""Audio files: written while a call lasts, read for playing, turned into smaller ones."""
