"""Reports: what the legs of an account were, as rows, at once or as files (Reports API)."""
