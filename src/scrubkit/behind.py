"""Calls that run behind their caller, in order.

Hashing and writing leave the interpreter free, so they can go on while the next
samples are read and walked.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    Data = bytes | bytearray | memoryview

PAYS = 16 << 20
"""Bytes after which a thread is worth starting."""

DEPTH = 4
"""Calls that may wait, with the one that runs."""


class Behind:
    """Owns a thread, once enough has been handed over."""

    __slots__ = ("_bytes", "_calls", "_error", "_room", "_thread")

    def __init__(self) -> None:
        self._bytes = 0
        self._error: BaseException | None = None
        self._calls: SimpleQueue[tuple[Callable[[Data], object], Data] | None] = SimpleQueue()
        self._room: SimpleQueue[None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for what was handed over, whatever came of it."""
        if self._thread is not None:
            self._calls.put(None)
            self._thread.join()
            self._thread = None

    def call(self, function: Callable[[Data], object], data: Data) -> None:
        """Call `function(data)` after all earlier ones; raises what one of those raised."""
        if self._thread is None:
            function(data)
            self._bytes += len(data)
            if self._bytes >= PAYS:
                for _ in range(DEPTH):
                    self._room.put(None)
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            return
        self._check()
        self._room.get()
        self._calls.put((function, data))

    def finish(self) -> None:
        """Wait for all calls; raises what one of them raised."""
        self.__exit__()
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while True:
            item = self._calls.get()
            if item is None:
                return
            if self._error is None:
                function, data = item
                try:
                    function(data)
                except BaseException as error:  # noqa: BLE001 (it is raised where the data came from)
                    self._error = error
            self._room.put(None)
