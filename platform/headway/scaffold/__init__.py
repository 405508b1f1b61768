"""`headway new`: a small, complete domain that already passes `headway check`."""
