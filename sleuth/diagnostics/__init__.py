"""A file for bug reports: how an integration is, without secrets and without names."""
