"""What people say of a deploy's health, beside what was judged: overrides and answers."""
