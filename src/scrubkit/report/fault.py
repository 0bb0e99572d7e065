"""A fault of our own as data: what kind of exception, and which line of ours; never its message."""

from __future__ import annotations

from pathlib import Path

from ..model import Problem

_PACKAGE = Path(__file__).parents[1]


def fault(error: BaseException) -> Problem:
    """Return a problem `internal` that quotes nothing: a message may hold a value from the file."""
    return Problem("internal", 1, type(error).__name__, _place(error))


def _place(error: BaseException) -> str:
    place = ""
    trace = error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(_PACKAGE):
            place = f"{file.relative_to(_PACKAGE).as_posix()}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
