"""RTP legs that the engine does not carry itself: other codecs than G.711, other packet times, keys."""
