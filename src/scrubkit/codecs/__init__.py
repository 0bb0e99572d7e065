"""What may cross inside one coded sample or one codec configuration.

Each module knows one coding.  A configuration record is parsed into fields and
written again from them; a `SampleFilter` walks samples to the level where
free-form bytes end and lets through what an allow-list names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..essence import Picture, Sound
    from ..model import Remaining
    from ..pieces import Piece


@dataclass(frozen=True, slots=True)
class Filtered:
    """What of one sample crosses: pieces in order, their total size, and whether it is a sync sample."""

    pieces: tuple[Piece, ...]
    size: int
    sync: bool


@dataclass(frozen=True, slots=True)
class Dropped:
    """Bytes of one type that a filter left behind, summed over the samples of a track.

    `key` is what the catalog table `codec` is asked for (`h264/sei/5`, `hevc/nal/35`,
    `sei-uuid/47564adc-…`); `size` counts source bytes, length prefixes included.
    """

    key: str
    count: int
    size: int


class SampleFilter(Protocol):
    """Owns what one track's walk has learnt so far; called once per sample, in decode order."""

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:
        """Filter one sample.

        `data` are its bytes, `start` their place in the source (for `Span`s),
        `listed` whether the container lists it as a sync sample.  Raises `Refused`
        errors; the caller adds the track and the sample number.
        """

    def entry(self) -> Picture | Sound:
        """Return the sample description as it must be written after the last sample."""

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was left behind, by key, in key order."""

    def remaining(self) -> tuple[Remaining, ...]:
        """Return what is left inside the samples that nothing walked, or that was kept on purpose."""
