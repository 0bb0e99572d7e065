"""What may cross inside one coded sample or one codec configuration.

Each module knows one coding.  A configuration record is parsed into fields and
written again from them; a `SampleFilter` walks samples to the level where
free-form bytes end and lets through what an allow-list names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..essence import Picture, Sound
    from ..model import Remaining
    from ..pieces import Piece


@dataclass(frozen=True, slots=True)
class Filtered:
    """What of one sample crosses: pieces in order, their total size, and whether it is a sync sample.

    `before` is set where this sample begins another sample description: it is the
    one of the samples of this filter since the last change, or since the first.
    """

    pieces: tuple[Piece, ...]
    size: int
    sync: bool
    before: Picture | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """Bytes of one type that a filter left behind, summed over the samples of a track.

    `key` is what the catalog table `codec` is asked for (`h264/sei/5`, `hevc/nal/35`,
    `sei-uuid/47564adc-…`); `size` counts source bytes, length prefixes included.
    """

    key: str
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes of one type that cross, summed over the samples of a track.

    `key` names the type in our words and numbers of the standard (`h264/nal/5`,
    `av1/obu/6`, `mjpeg/entropy`), never by a value from the file; `size` counts
    source bytes, length prefixes included.
    """

    key: str
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Run:
    """Samples of one track that follow each other in the source without a gap.

    Sample i of it is `data[edges[i]:edges[i + 1]]`, and `start` is where the first one lies
    in the source; `listed` says of each whether the container lists it as a sync
    sample, and is empty where all are.  `after` yields the samples of the track that
    follow, for codings in which these tell what of the run is sound; None where nobody knows.
    """

    data: memoryview
    start: int
    edges: Sequence[int]
    listed: bytes = b""
    after: Iterator[memoryview] | None = None


@dataclass(frozen=True, slots=True)
class Skimmed:
    """So many samples that cross whole, and for each 1 if it is a sync sample.

    `changes` are the exceptions: places in the data of the run, ascending, and the
    byte to write there.
    """

    count: int
    sync: bytes
    changes: Sequence[tuple[int, int]] = ()


class SampleFilter(Protocol):
    """Owns what one track's walk has learnt so far; shown every sample once, in decode order."""

    def skim(self, run: Run, first: int) -> Skimmed:
        """Take samples of a run from `first` on for as long as a glance tells that they cross.

        The one that it stops at goes to `sample`.  Raises nothing.
        """

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:
        """Filter one sample.

        `data` are its bytes, `start` their place in the source (for `Span`s),
        `listed` whether the container lists it as a sync sample.  Raises `Refused`
        errors; the caller adds the track and the sample number.
        """

    def entry(self) -> Picture | Sound:
        """Return the sample description of the last sample, and of those since the description changed."""

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was left behind, by key, in key order."""

    def kept(self) -> tuple[Kept, ...]:
        """Return what crosses, by key, as far as it can be told apart; never more than the samples hold."""

    def remaining(self) -> tuple[Remaining, ...]:
        """Return what is left inside the samples that nothing walked, or that was kept on purpose."""
