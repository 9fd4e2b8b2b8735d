"""Connect, validate, watch and disable trackers."""
