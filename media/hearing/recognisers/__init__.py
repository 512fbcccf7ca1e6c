"""What understands speech: one seam, and a module for each engine behind it."""
