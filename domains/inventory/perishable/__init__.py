"""Stock that ages: waste beside shortage."""
