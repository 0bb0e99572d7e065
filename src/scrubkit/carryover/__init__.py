"""Carry-over: what an original said, searched for in what is left of it, in every encoding.

Independent of our readers and writers: it sees findings, second readers' values and
files, and shares no code with what made the file that it searches.
"""

from __future__ import annotations

from .engine import available
from .original import Original, against, harvest, search_for
from .search import NAME, check, search_file
from .values import values_of_file, values_of_findings, values_of_path

__all__ = [
    "NAME",
    "Original",
    "against",
    "available",
    "check",
    "harvest",
    "search_file",
    "search_for",
    "values_of_file",
    "values_of_findings",
    "values_of_path",
]
