"""The signalling plane: SIP and SDP as pure protocol machines, with thin socket shells."""
