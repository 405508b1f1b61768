"""Truth: exact dynamic programs and closed forms."""
