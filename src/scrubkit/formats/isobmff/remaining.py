"""What a cleaned movie keeps that says something about where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...essence import Orientation, Picture, Sound
from ...model import Remaining, Residual
from .timing import MOVIE_TIMESCALE, is_steady

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...essence import Track


def left_in(tracks: Sequence[Track], hidden: int) -> tuple[Remaining, ...]:
    """Return the residual risks of tracks of which `hidden` samples are kept and not shown."""
    found = [Remaining(Residual.CODED_PAYLOAD, len(tracks)), Remaining(Residual.ENCODER_PARAMETERS)]
    if hidden:
        found.append(Remaining(Residual.HIDDEN_LEAD_IN, hidden))
    sounds = sum(not track.is_video for track in tracks)
    if sounds > 1:
        found.append(Remaining(Residual.SEVERAL_SOUND_TRACKS, sounds))
    for track in tracks:
        found += [Remaining(what) for what in (_of_picture(track) if track.is_video else _of_sound(track))]
        found += [Remaining(what) for what in _of_times(track)]
    return tuple(found)


def _of_times(track: Track) -> Iterator[Residual]:
    entry = track.entries[0]
    if track.timescale != (MOVIE_TIMESCALE if isinstance(entry, Picture) else entry.rate):
        yield Residual.SOURCE_TIME_SCALE
    pcm = isinstance(entry, Sound) and entry.frame_size > 0
    if not pcm and not is_steady(track.samples):
        yield Residual.VARIABLE_FRAME_TIMING
    if len(track.edits) > 1:
        yield Residual.EDIT_LIST


def _of_sound(track: Track) -> Iterator[Residual]:
    if any(edit.media_time > 0 for edit in track.edits):
        yield Residual.AUDIO_PRIMING


def _of_picture(track: Track) -> Iterator[Residual]:
    pictures = [entry for entry in track.entries if isinstance(entry, Picture)]
    yield Residual.BEHIND_PICTURE
    if track.orientation is not Orientation.UPRIGHT:
        yield Residual.ORIENTATION
    if any(picture.dolby for picture in pictures):
        yield Residual.DOLBY_VISION
    if any(picture.mastering or picture.light or picture.ambient for picture in pictures):
        yield Residual.HDR_METADATA
    if any(picture.aperture for picture in pictures):
        yield Residual.CLEAN_APERTURE
