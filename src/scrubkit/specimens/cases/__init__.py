"""What a format hands to the conformance suite: one module per format, each with a tuple `CASES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ...model import Policy


@dataclass(frozen=True)
class Case:
    """One made-up source and what must hold for it."""

    name: str
    format: str
    """`FORMAT.name` of the format that reads it."""
    dirty: Callable[[], bytes]
    """A source with a lot of residue."""
    twins: tuple[tuple[str, Callable[[], bytes]], ...] = ()
    """Named sources that must clean to the same bytes as `dirty`."""
    planted: Callable[[bytes], Iterator[tuple[str, bytes]]] | None = None
    """Given a canary, yields a place and the bytes of a file that holds the canary there."""
    decodes: bool = True
    """Whether PyAV or Pillow decodes it."""
    policy: Policy = field(default_factory=Policy)
    """What is wanted of it; what holds under this holds under the default, too."""
