"""Calls: live legs, what their scripts want, and what steers them from outside."""
