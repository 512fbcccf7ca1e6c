"""`say-as`: numbers, dates, times, units and the like as words."""
