"""The Sentry integration."""
