"""Proof on this machine: a secret in every place that the specimens know, cleaned, and searched for.

The search shares nothing with the cleaner.  It must first find every secret in the
file as it was planted: a search that finds nothing proves nothing.
"""

from __future__ import annotations

from .planting import Row, rows
from .search import forms, holds
from .sums import Sums
from .words import row_line, sums_lines

__all__ = ["Row", "Sums", "forms", "holds", "row_line", "rows", "sums_lines"]
