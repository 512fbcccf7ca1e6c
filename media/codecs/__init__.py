"""Codecs of the RTP legs."""
