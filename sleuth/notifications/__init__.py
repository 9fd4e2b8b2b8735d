"""Telling administrators by e-mail, chat or webhook what needs their attention."""
