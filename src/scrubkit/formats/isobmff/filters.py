"""Which filter walks the samples of which coding; None where samples cross as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...codecs import nal
from ...essence import Picture

if TYPE_CHECKING:
    from ...codecs import SampleFilter
    from ...essence import Sound
    from ...model import Policy


def filter_for(entry: Picture | Sound, policy: Policy) -> SampleFilter | None:
    """Return a fresh filter for one sample description."""
    if isinstance(entry, Picture) and entry.codec in {"h264", "hevc"}:
        return nal.NalFilter(entry, policy)
    return None
