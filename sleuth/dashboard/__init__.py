"""Pages over all of it."""
