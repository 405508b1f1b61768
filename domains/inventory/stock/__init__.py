"""Single stocking points: lost sales and backlog."""
