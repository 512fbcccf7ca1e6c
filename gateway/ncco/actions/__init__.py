"""One NCCO action a file."""
