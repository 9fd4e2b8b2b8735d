"""Sleuth: did that deploy make errors better or worse?"""

__version__ = "0.1.0"
