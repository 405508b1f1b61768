"""Truth: exact dynamic programmes, exact costs of given policies, closed forms."""
