"""Organizations, members, sign-in, access tokens, permissions and the audit log."""
