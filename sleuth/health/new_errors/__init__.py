"""Kinds of errors that a tracker first saw after a deploy: asked for, kept, and weighed.

An extra beside the counts: where it fails, nothing else does.
"""
