"""What the gateway sends to applications, and the one door it leaves by."""
