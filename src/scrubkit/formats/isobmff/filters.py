"""Which filter walks the samples of which coding; None where samples cross as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...codecs import aac, ac3, alac, amr, av1, flac, h263, mp3, mpeg2, mpeg4, nal, opus, prores, vc3, vp9
from ...essence import Sound
from . import motion_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...codecs import SampleFilter
    from ...essence import Picture
    from ...model import Policy


def filter_for(entry: Picture | Sound, policy: Policy, count: int = 0) -> SampleFilter | None:
    """Return a fresh filter for one sample description of a track with `count` samples."""
    if isinstance(entry, Sound) and entry.codec in _COUNTED:
        return _COUNTED[entry.codec](entry, policy, count)
    make = _FILTERS.get(entry.codec)
    return make(entry, policy) if make else None


_COUNTED: dict[str, Callable[[Sound, Policy, int], SampleFilter]] = {
    "aac": aac.sample_filter,
    "mp3": mp3.sample_filter,
}
"""Those that walk long tracks in samples."""

_FILTERS: dict[str, Callable[[Any, Policy], SampleFilter]] = {
    "h264": nal.NalFilter,
    "hevc": nal.NalFilter,
    "av1": av1.sample_filter,
    "vp9": vp9.sample_filter,
    "mpeg4": mpeg4.sample_filter,
    "mpeg2": mpeg2.sample_filter,
    "mpeg1": mpeg2.sample_filter,
    "h263": h263.sample_filter,
    "mjpeg": motion_jpeg.sample_filter,
    "prores": prores.sample_filter,
    "vc3": vc3.sample_filter,
    "alac": alac.sample_filter,
    "ac3": ac3.sample_filter,
    "eac3": ac3.sample_filter,
    "amr-nb": amr.sample_filter,
    "amr-wb": amr.sample_filter,
    "opus": opus.sample_filter,
    "flac": flac.sample_filter,
}
