"""Records of an untrusted XML file: one element of a known name at a time, with its direct children.

Expat reads it with no document type, so no entity, and in UTF-8 or UTF-16 alone,
whatever a declaration says.  What is nested deeper than a child (metadata) is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from ..errors import LimitExceeded, Malformed, ScrubError, Truncated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..source import Readable

LARGEST = 256 << 20
"""Bytes of one file."""

MOST = 1_000_000
"""Records of one file."""

_DEEPEST = 16
_LONGEST = 4096
"""Characters of one text or attribute; no path is longer (PATH_MAX)."""
_FIELDS = 64
_STEP = 1 << 20
_PENDING = 2 * _STEP
"""Bytes that may be fed before an element ends: Expat reads one that doesn't end again with each step."""


@dataclass(frozen=True, slots=True)
class Field:
    """A child of a record; all of it is untrusted."""

    name: str
    untrusted_text: str
    attributes: dict[str, str]


@dataclass(slots=True)
class _Open:
    """The record, and the child of it, that are being read."""

    level: int
    fields: list[Field] = field(default_factory=list)
    name: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    length: int = 0


def records(source: Readable, root: str, holder: str, record: str) -> Iterator[list[Field]]:
    """Yield the children of each `record` directly in `root`, or in a `holder` there, as they end.

    Raises `Malformed`, `Truncated`, `LimitExceeded` and as the source.
    """
    if source.size > LARGEST:
        raise LimitExceeded("mhl", "size")
    if not source.size:
        raise Truncated("mhl")
    wide = source.read(0, min(2, source.size)) in {b"\xff\xfe", b"\xfe\xff"}
    reader = _Reader("utf-16" if wide else "utf-8", (root,), (root, holder), record)
    for at in range(0, source.size, _STEP):
        last = at + _STEP >= source.size
        yield from reader.feed(source.read(at, min(_STEP, source.size - at)), last=last)


class _Reader:
    """Owns one parser, and what it has of the current record."""

    def __init__(self, encoding: str, one: tuple[str, ...], other: tuple[str, ...], record: str) -> None:
        self._parser = expat.ParserCreate(encoding, namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._places = {one, other}
        self._root = one[0]
        self._record = record
        self._names: list[str] = []
        self._open: _Open | None = None
        self._done: list[list[Field]] = []
        self._count = 0
        self._fed = 0

    def feed(self, data: bytes, *, last: bool) -> Iterator[list[Field]]:
        """Yield the records that end in the data, those before a fault too; raises as `records`."""
        fault: ScrubError | None = None
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError:
            fault = Malformed("mhl", "not-well-formed")
        except ScrubError as error:
            fault = error
        done, self._done = self._done, []
        yield from done
        if fault is not None:
            raise fault
        self._fed += len(data)
        if self._fed - self._parser.CurrentByteIndex > _PENDING:
            raise LimitExceeded("mhl", "element")

    def _refuse(self, *_: object) -> None:
        raise Malformed("mhl", "document-type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        leaf = name.rpartition(" ")[2]
        if not self._names and leaf != self._root:
            raise Malformed("mhl", "not-a-hash-list")
        level = len(self._names)
        if level >= _DEEPEST:
            raise LimitExceeded("mhl", "depth")
        record = self._open
        if record is not None and level == record.level + 1:
            if len(attributes) > _FIELDS or sum(map(len, attributes.values())) > _LONGEST:
                raise LimitExceeded("mhl", "attributes")
            record.name, record.attributes, record.said, record.length = leaf, attributes, [], 0
        elif record is None and leaf == self._record and level <= 2 and tuple(self._names) in self._places:
            self._open = _Open(level)
        self._names.append(leaf)

    def _text(self, text: str) -> None:
        record = self._open
        if record is None or len(self._names) != record.level + 2:
            return
        record.length += len(text)
        if record.length > _LONGEST:
            raise LimitExceeded("mhl", "text")
        record.said.append(text)

    def _end(self, _: str) -> None:
        self._names.pop()
        record = self._open
        if record is None:
            return
        if len(self._names) == record.level:
            self._count += 1
            if self._count > MOST:
                raise LimitExceeded("mhl", "records")
            self._done.append(record.fields)
            self._open = None
        elif len(self._names) == record.level + 1:
            if len(record.fields) >= _FIELDS:
                raise LimitExceeded("mhl", "fields")
            record.fields.append(Field(record.name, "".join(record.said), record.attributes))
