"""RTP (RFC 3550), its telephone events (RFC 4733), the jitter buffer and the choice of whom to believe."""
