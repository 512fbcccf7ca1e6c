"""Legs that are not RTP: what carries their frames between a network and the engine."""
