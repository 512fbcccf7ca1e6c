"""Where a leg meets signalling and media."""
