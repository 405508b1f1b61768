"""`headway new`: a small, complete domain that already passes `headway check`."""

from headway.scaffold.scaffold import new_domain

__all__ = ["new_domain"]
