"""What ``./run sleuth plugin new`` writes, as files that are linted, typed and tested here.

In their text and names, ``tracker-name``, ``tracker_name``, ``TRACKER_NAME`` and
``Tracker Name`` stand for the tracker's.
"""
