"""Serving: a contestant behind HTTP, its instances and answers as JSON, every answer scored before it leaves."""
