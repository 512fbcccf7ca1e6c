"""What the gateway keeps as files: recordings, media and reports, behind one door."""
