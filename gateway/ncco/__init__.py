"""NCCO: the JSON script that steers a call."""
