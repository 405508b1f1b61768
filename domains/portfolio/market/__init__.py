"""Price paths: the instance, where prices come from, and how instances are cut from them."""
