"""Payments: from a card that was keyed in to what the operator's payment processor says."""
