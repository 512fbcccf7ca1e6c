"""SIP as pure state machines: no sockets, no clock."""
