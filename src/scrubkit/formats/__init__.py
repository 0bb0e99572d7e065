"""One module or package per container, found by where it lies.

Each exports `FORMAT: Format`.  `all_formats` imports what is in this folder, in
name order: adding a format is adding a module.  Only sniffing is imported with it;
a reader and a writer are when the first such file is met.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..essence import Essence
    from ..model import Finding, Ledger, Media, Policy, Remaining
    from ..pieces import Pieces
    from ..source import Source

HEAD = 4096
"""Bytes that `sniff` is shown."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What `read` makes of a source.

    `ledger` counts what lies inside a kept sample as essence; a writer that drops
    some of it says so in `Walked`.
    """

    essence: Essence
    media: Media
    suffix: str
    """Of the output, with its dot."""
    residue: tuple[Finding, ...]
    remaining: tuple[Remaining, ...]
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Format:
    """A container: how to tell it, read it into an essence, and write an essence.

    `sniff` gets the first `HEAD` bytes and answers by content.  `read` raises
    `Refused` errors only.  `write` is a pure function of the essence and policy.
    """

    name: str
    title: str
    sniff: Callable[[bytes], bool]
    read: Callable[[Source, Policy], Reading]
    write: Callable[[Any, Policy], Pieces]
    outline: Callable[[Any, Policy], Pieces]
    """`write` for comparing structure only: takes coded samples to be canonical and reads none of them."""
    reads: tuple[str, ...] = ()
    """What of the format is read, in words for `scrubkit formats`."""
    refuses: tuple[str, ...] = ()


@cache
def all_formats() -> tuple[Format, ...]:
    """Every format in this folder, in module name order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}").FORMAT for name in names)


def identify(head: bytes) -> Format | None:
    """Return the format whose signature `head` bears, or None."""
    return next((candidate for candidate in all_formats() if candidate.sniff(head)), None)
