"""The whole product while its processes are killed at random."""
