"""Whole lots of shares bought, held and sold, from a cash account with commissions."""
