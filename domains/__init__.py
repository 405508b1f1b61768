"""The domains that ship: each folder is one field of application."""
