"""What a second reader says of a file: paths and values, all of it untrusted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COUNT = 20_000
"""Observations of one file by one reader."""

TEXT = 4096
"""Characters of one value; what is longer is cut."""

BYTES = 256
"""Bytes of a value that is no text; what is longer says only that it is there."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation: `path` in the reader's own words (`General/Encoded_Date`), and its value.

    Both come from the file.  `value` is None for bytes that are too many to show.
    """

    path: str
    value: str | bytes | None


@dataclass(frozen=True, slots=True)
class Observations:
    """All that a reader says of one file; not `whole` if there was more than we take."""

    seen: tuple[Seen, ...]
    whole: bool = True


class Unread(Exception):
    """The reader makes nothing of the file, or its answer is none; the message is static words."""


NOTHING = "makes nothing of the file"
TOO_LARGE = "is not given files of that size"
BROKEN = "gave no answer"
CUT = "ended abnormally"

END = b"\n.\n"
"""What an answer ends with, so that half of one isn't taken for a whole."""


class Library(Protocol):
    """A reader that is a Python library, used in the child only."""

    def load(self) -> str:
        """Import it and return its version; raises `ImportError` or `OSError`."""

    def read(self, file: BinaryIO) -> Iterable[Seen]:
        """Yield what it sees in a file; raises `Unread`, or anything the library raises."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A second reader; `needs` finds the program that it is, None if there is none."""

    name: str
    title: str
    parse: Callable[[bytes], Observations]
    library: Library | None = None
    needs: Callable[[], tuple[str, ...] | None] | None = None
    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    def understands(self, format_name: str) -> bool:
        """Whether it reads that format of ours."""
        return format_name not in self.never and (not self.only or format_name in self.only)


def text_of(value: object) -> str:
    """Return a value as text, cut."""
    return str(value)[:TEXT]


def pack(seen: Iterable[Seen] | Unread) -> bytes:
    """Return observations as JSON; no more than `COUNT` of them, and then it says so."""
    if isinstance(seen, Unread):
        return json.dumps((NOTHING, TOO_LARGE).index(str(seen))).encode("ascii")
    rows: list[Any] = []
    for each in seen:
        if len(rows) == COUNT:
            rows.append(None)
            break
        value = each.value
        if isinstance(value, bytes):
            rows.append([each.path[:TEXT], None, value.hex() if len(value) <= BYTES else None])
        else:
            rows.append([each.path[:TEXT], value if value is None else value[:TEXT]])
    return json.dumps(rows).encode("ascii")


def unpack(said: bytes) -> Observations:
    """Return what `pack` was given; raises `Unread` for anything else."""
    if not said.endswith(END):
        raise Unread(CUT)
    rows = as_json(said.removesuffix(END))
    if isinstance(rows, int):
        raise Unread(TOO_LARGE if rows else NOTHING)
    if not isinstance(rows, list):
        raise Unread(BROKEN)
    whole = not (rows and rows[-1] is None)
    return Observations(tuple(_seen(row) for row in (rows if whole else rows[:-1])), whole)


def as_json(said: bytes) -> Any:  # noqa: ANN401 (whatever was said)
    """Return JSON that a child said; raises `Unread`."""
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        raise Unread(BROKEN) from None


def _seen(row: object) -> Seen:
    match row:
        case [str() as path, str() as text]:
            return Seen(path, text)
        case [str() as path, None]:
            return Seen(path, None)
        case [str() as path, None, str() as digits]:
            try:
                return Seen(path, bytes.fromhex(digits))
            except ValueError:
                raise Unread(BROKEN) from None
        case [str() as path, None, None]:
            return Seen(path, None)
        case _:
            raise Unread(BROKEN)
