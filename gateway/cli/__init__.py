"""The `cordboard` command, one command a file."""
