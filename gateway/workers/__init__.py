"""The media workers: who serves which legs, what outlives a worker, and who takes its place."""
