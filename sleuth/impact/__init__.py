"""Impact sources; collecting and correcting their series; coverage."""
