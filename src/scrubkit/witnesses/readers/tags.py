"""mutagen: tags of sound files, and of movies in the MP4 family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from .seen import NOTHING, Seen, Unread, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def load() -> str:
    """Import the library, with every kind of file it knows, and return its version."""
    import mutagen
    import mutagen._file
    import mutagen.mp4

    # It imports its parsers when it meets the first file.
    mutagen.File(_nothing())
    return str(mutagen.version_string)


def read(file: BinaryIO) -> Iterator[Seen]:
    """Yield `tags/key`, `chapters` and `info/name` with their values."""
    import mutagen
    from mutagen.mp4 import MP4StreamInfoError

    try:
        found: Any = mutagen.File(file)
    except MP4StreamInfoError:
        # A movie without sound; its tags are there all the same.
        file.seek(0)
        yield from _silent(file)
        return
    if found is None:
        raise Unread(NOTHING)
    yield from _tags(found.tags)
    for chapter in getattr(found, "chapters", None) or ():
        yield Seen("chapters", text_of(chapter.title))
    for name, value in vars(found.info).items():
        if isinstance(value, str | int | float):
            yield Seen(f"info/{name}", text_of(value))


def _silent(file: BinaryIO) -> Iterator[Seen]:
    from mutagen import mp4

    library: Any = mp4
    atoms = library.Atoms(file)
    if library.MP4Tags._can_load(atoms):  # noqa: SLF001 (it has no other door without a sound track)
        yield from _tags(library.MP4Tags(atoms, file))


def _tags(tags: Any) -> Iterator[Seen]:  # noqa: ANN401
    for key, values in (tags or {}).items():
        for value in values if isinstance(values, list) else [values]:
            # Pictures and private frames carry bytes; everything else knows how to show itself.
            data = value if isinstance(value, bytes) else getattr(value, "data", None)
            if isinstance(data, bytes):
                yield Seen(f"tags/{key}", bytes(data))
            else:
                yield Seen(f"tags/{key}", text_of(value))


def _nothing() -> BinaryIO:
    from io import BytesIO

    return BytesIO(b"")
