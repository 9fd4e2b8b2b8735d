"""Which hooks a process is in, in memory that its parent can read once the process is gone.

A plugin that ends the process takes along whoever could tell. So the worker shares a page of
memory with each job's process; what stands there when that ends was being asked.
"""

from __future__ import annotations

import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PLACES = 256
"""More than there are threads in a round."""

PLACE_BYTES = 128
MOST_ACCUSED = 8
ACCUSED_BYTES = 512
NOTED_BYTES = PLACES * PLACE_BYTES
Asked = tuple[str, str]
"""Slug of a plugin, and name of a hook."""


class Notes:
    """Who is asked now; nothing is noted before :meth:`share`."""

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None
        self._lock = threading.Lock()
        self._free: list[int] = []
        self._here: dict[int, Asked] = {}
        self._accused = 0

    def share(self) -> None:
        """Begin to note, in memory that this process shares with those it forks."""
        if self._memory is None:
            self._memory = mmap.mmap(-1, NOTED_BYTES + MOST_ACCUSED * ACCUSED_BYTES)
        self.clear()

    def clear(self) -> None:
        """Forget what is noted; called by the parent before it forks."""
        if self._memory is not None:
            self._memory[:] = bytes(len(self._memory))
        self._accused = 0
        self._free = list(range(PLACES))

    def close(self) -> None:
        """Note nothing any more: what is still asked when a job has ended is of no interest."""
        with self._lock:
            self._free = []
            if self._memory is not None:
                self._memory[:NOTED_BYTES] = bytes(NOTED_BYTES)

    @contextmanager
    def asking(self, slug: str, hook: str) -> Iterator[None]:
        """Note that a plugin is asked for as long as the block takes."""
        place = self._take(f"{slug} {hook}".encode()[:PLACE_BYTES])
        thread_id = threading.get_ident()
        before = self._here.get(thread_id)
        self._here[thread_id] = (slug, hook)
        try:
            yield
        finally:
            self._here.pop(thread_id)
            if before is not None:
                self._here[thread_id] = before
            if place is not None:
                self._give_back(place)

    def asked(self) -> set[Asked]:
        """Return what is noted."""
        if self._memory is None:
            return set()
        noted = [self._read(place) for place in range(PLACES)]
        return {(slug, hook) for slug, _, hook in noted if hook}

    def asked_by(self, thread_id: int) -> Asked | None:
        """Return what a thread of this process asks just now."""
        return self._here.get(thread_id)

    def accuse(self, slug: str, hook: str, sentence: str) -> None:
        """Tell the parent that a hook hung, though the process ends in order.

        What does not fit is not told; the next job will.
        """
        text = f"{slug} {hook} {sentence}".encode()[:ACCUSED_BYTES]
        with self._lock:
            if self._memory is not None and self._accused < MOST_ACCUSED:
                begin = NOTED_BYTES + self._accused * ACCUSED_BYTES
                self._memory[begin : begin + len(text)] = text
                self._accused += 1

    def accused(self) -> list[tuple[str, str, str]]:
        """Return slug, hook and sentence of what the child has told."""
        noted = self._memory[NOTED_BYTES:] if self._memory is not None else b""
        parts = [noted[at : at + ACCUSED_BYTES] for at in range(0, len(noted), ACCUSED_BYTES)]
        texts = [part.rstrip(b"\0").decode(errors="ignore") for part in parts]
        found = [text.split(" ", 2) for text in texts if text.count(" ") > 1]
        return [(slug, hook, sentence) for slug, hook, sentence in found]

    def _take(self, text: bytes) -> int | None:
        with self._lock:
            if self._memory is None or not self._free:
                return None
            place = self._free.pop()
            self._write(place, text)
        return place

    def _give_back(self, place: int) -> None:
        with self._lock:
            self._write(place, b"")
            self._free.append(place)

    def _write(self, place: int, text: bytes) -> None:
        if self._memory is not None:
            begin = place * PLACE_BYTES
            self._memory[begin : begin + PLACE_BYTES] = text.ljust(PLACE_BYTES, b"\0")

    def _read(self, place: int) -> tuple[str, str, str]:
        if self._memory is None:
            return ("", "", "")
        begin = place * PLACE_BYTES
        return self._memory[begin : begin + PLACE_BYTES].rstrip(b"\0").decode().partition(" ")


notes = Notes()
"""Of this process."""
