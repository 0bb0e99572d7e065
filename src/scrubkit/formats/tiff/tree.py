"""All directories of a file: pages, pictures below them, and those of Exif."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Truncated
from . import tags
from .directory import SIZES, integers, read_directory

if TYPE_CHECKING:
    from ...source import Readable
    from .directory import Directory, Header

DIRECTORIES = 256

EXIF, GPS, INTEROP = 34665, 34853, 40965


@dataclass(frozen=True, slots=True)
class Node:
    """A directory, its path, and the group that its tags are named by."""

    path: str
    group: str
    directory: Directory


def read_tree(source: Readable, header: Header) -> list[Node]:
    """Return the directories, IFD0 first; each once, however often it is pointed to.

    Raises what reading IFD0 raises, and `LimitExceeded` for too many.
    """
    queue = [("IFD0", "Image", header.first)]
    seen: set[int] = set()
    found: list[Node] = []
    while queue:
        path, group, start = queue.pop(0)
        if start in seen:
            continue
        seen.add(start)
        if len(found) >= DIRECTORIES:
            raise LimitExceeded("tiff", "directories", start)
        try:
            directory = read_directory(source, header, start)
        except (LimitExceeded, Truncated):
            if not found:
                raise
            # What no pointer leads to is a gap, and named as one.
            continue
        if found and not all(entry.type in SIZES for entry in directory.entries):
            continue
        found.append(Node(path, group, directory))
        if group == "Image":
            below = integers(source, header, directory.get(tags.SUB_IFDS), DIRECTORIES)
            queue += [(f"{path}/SubIFD{number}", "Image", place) for number, place in enumerate(below)]
            for tag, name in ((EXIF, "Exif"), (GPS, "GPS")):
                places = integers(source, header, directory.get(tag), 1)
                queue += [(name if path == "IFD0" else f"{path}/{name}", name, place) for place in places]
            if directory.next and path.startswith("IFD") and "/" not in path:
                queue.append((f"IFD{int(path[3:]) + 1}", "Image", directory.next))
        elif group == "Exif":
            places = integers(source, header, directory.get(INTEROP), 1)
            queue += [
                ("Interop" if path == "Exif" else f"{path}/Interop", "Interop", place) for place in places
            ]
    return found
