"""Linear programs over networks of stock: perfect-information bounds and rolling horizons."""
