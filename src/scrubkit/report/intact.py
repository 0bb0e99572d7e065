"""Whether a report is as it was written, down to the last byte."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from blake3 import blake3
from jinja2 import TemplateError

from ..errors import Malformed
from ..source import Source
from .document import DIGEST
from .html import write_page

if TYPE_CHECKING:
    from ..source import Readable

_LAST = re.compile(rb'"%s": "([0-9a-f]{64})"\n}\n' % DIGEST.encode("ascii"))
_END = len(f'"{DIGEST}": ""\n}}\n') + 64
_STEP = 1 << 20
_NO_REPORT = (ValueError, LookupError, TypeError, AttributeError, RuntimeError)
"""What making a page raises for JSON that is no report of ours, beside what Jinja raises."""


@dataclass(frozen=True, slots=True)
class Intact:
    """`stated` is the digest that the document ends with, `found` that of its bytes.

    `page` says whether the page beside it is the one that this version makes of it;
    None if there is none.
    """

    stated: str
    found: str
    page: bool | None

    @property
    def whole(self) -> bool:
        """Whether nothing was changed since it was written, or all that was changed was digested again."""
        return self.stated == self.found and self.page is not False


def check(report: Path, page: Path) -> Intact:
    """Compare a document with the digest at its end; raises `Malformed` if it has none, and as `Source`."""
    with Source(report) as source:
        end = source.read(max(source.size - _END, 0), min(_END, source.size))
        match = _LAST.fullmatch(end)
        if match is None:
            raise Malformed("report", "no-digest-at-its-end")
        stated = match.group(1).decode("ascii")
        found = _digest(source, source.size - _END)
    same = _same(report, page) if stated == found and page.is_file() else None
    return Intact(stated, found, same)


def _digest(source: Readable, size: int) -> str:
    running = blake3()
    for at in range(0, size, _STEP):
        running.update(source.read(at, min(_STEP, size - at)))
    return running.hexdigest()


def _same(report: Path, page: Path) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "page.html")
        try:
            write_page(report, made)
        except (*_NO_REPORT, TemplateError):
            return False
        with Source(made) as one, Source(page) as other:
            return one.size == other.size and _digest(one, one.size) == _digest(other, other.size)
