"""Sample arithmetic: rates, gaps."""
