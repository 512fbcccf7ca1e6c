"""What is said in calls: speech, machines, transcripts; a process of its own: `python -m media.hearing`."""
