"""The trackers that come with the product, each a plugin like any other."""
