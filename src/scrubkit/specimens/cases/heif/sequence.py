"""A movie of HEVC as an image sequence: its pictures are those of a track of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from ...builders import plants
from ...builders.layout import Layout
from .. import Case
from .. import isobmff as movies


def _sequence(movie: bytes) -> bytes:
    """A movie of HEVC as an image sequence: its pictures are those of a track of pictures."""
    return (movie[:8] + b"msf1" + movie[12:]).replace(b"vide", b"pict")


def _sequences() -> Case:
    movie = next(each for each in movies.CASES if each.name == "isobmff hevc-hlg")

    def found(canary: bytes) -> Iterator[tuple[str, bytes]]:
        for place, data in plants.planted(movies.source("hevc-hlg"), Layout(), canary):
            if data[4:8] == b"ftyp" and b"vide" in data and place != "major brand":
                yield place, _sequence(data)

    return Case(
        "heif, a sequence",
        "heif",
        lambda: _sequence(movie.dirty()),
        tuple((name, partial(_called, twin)) for name, twin in movie.twins if name not in WITHOUT_PICTURES),
        found,
    )


def _called(movie: Callable[[], bytes]) -> bytes:
    return _sequence(movie())


WITHOUT_PICTURES = frozenset({"no ftyp", "compressed movie header"})
"""Layouts of movies that can't be told to be sequences of pictures."""


CASES: tuple[Case, ...] = (_sequences(),)
