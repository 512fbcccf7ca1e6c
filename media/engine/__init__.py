"""The 20 ms tick: receive, mix, play, record and send, as compiled loops over arrays."""
