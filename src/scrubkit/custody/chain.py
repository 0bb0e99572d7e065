"""The chain of an ASC MHL history: which of its hash lists are still what they were."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING

from ..errors import LimitExceeded, ScrubError
from ..source import Source
from .digests import STEP, c4_digest, digests
from .lists import CHAIN, generations
from .records import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ..source import Readable
    from .lists import Generation

MOST = 10_000
"""Generations of one history."""


class Link(StrEnum):
    """What became of one hash list of a history."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    MISSING = "missing"
    NOT_IN_CHAIN = "not in a chain"
    UNREADABLE = "unreadable"


def links(folder: Path, lists: Sequence[Path]) -> Iterator[Link]:
    """Yield what became of each list in the folder `ascmhl` of a history, and of those that it lacks.

    A list that was renamed is known by its digest.
    """
    if not os.path.lexists(folder / CHAIN):
        yield from (Link.NOT_IN_CHAIN for _ in lists)
        return
    try:
        named = [(each.untrusted_name, c4_digest(each.digest)) for each in _bounded(folder / CHAIN)]
    except ScrubError:
        yield from (Link.UNREADABLE for _ in lists)
        return
    found = {path.name: _digest(path) for path in lists}
    known = {digest for _, digest in named}
    names = {name for name, _ in named}
    for name, digest in found.items():
        if digest is None:
            yield Link.UNREADABLE
        elif digest in known:
            yield Link.UNCHANGED
        else:
            yield Link.CHANGED if name in names else Link.NOT_IN_CHAIN
    there = set(found.values())
    yield from (Link.MISSING for name, digest in named if digest not in there and name not in found)


def blocks(source: Readable) -> Iterator[bytes]:
    """Yield a source from start to end."""
    for at in range(0, source.size, STEP):
        yield source.read(at, min(STEP, source.size - at))


def _bounded(path: Path) -> Iterator[Generation]:
    for count, each in enumerate(generations(path)):
        if count >= MOST:
            raise LimitExceeded("mhl", "generations")
        yield each


def _digest(path: Path) -> bytes | None:
    try:
        with Source(path) as source:
            if source.size > LARGEST:
                return None
            return digests(blocks(source), ("c4",))["c4"]
    except ScrubError:
        return None
