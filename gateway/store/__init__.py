"""The database behind one seam."""
