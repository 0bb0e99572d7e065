"""One original against one clean file: what it gives to search for, and which hits mean nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import Refused
from ..model import Finding, Kind, NotSearched, Search, Value
from ..source import Source
from . import engine
from .media import values_of_media
from .search import ALSO_CROSSES, UNREAD, search_file
from .shared import joined, shared
from .values import Stretch, raw_values, shown_values, stretches, values_of_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ..source import Readable


@dataclass(frozen=True, slots=True)
class Original:
    """What one original gives: its values, those that are raw stretches, and where its residue lies."""

    source: Readable
    values: tuple[Value, ...]
    raw: frozenset[bytes]
    residue: tuple[Stretch, ...]


def harvest(source: Readable, findings: Sequence[Finding], others: Iterable[Value] = ()) -> Original:
    """Collect what an original says of where it comes from.

    `findings` are what our reader leaves behind, `others` what second readers and the
    file system say (`values_of_path`).
    """
    values = [*others, *shown_values(findings)]
    places = list(stretches(findings))
    raw = set()
    for value in raw_values(source, findings):
        values.append(value)
        raw.add(value.untrusted)
    for value, start, size in values_of_media(source):
        values.append(value)
        if size:
            raw.add(value.untrusted)
            places.append((start, start + size))
    stretched = frozenset(each for each in raw if isinstance(each, bytes))
    return Original(source, tuple(values), stretched, joined(places))


def search_for(
    original: Original, path: Path, texts: Mapping[str, str] = {}, ours: str = ""
) -> Search | None:
    """Search a file for what one original said; None if there is no engine.

    See `search_file` for `texts` and `ours`.  A stretch of raw bytes that the original
    also holds outside of what stays behind (tables that a thumbnail shares with its
    picture) is no hit; it is counted as not searched.  Its source must still be open:
    it is read again where there are such hits, and only then.
    """
    if not engine.available():
        return None
    return _explained(search_file(original.values, path, texts, ours), original)


def against(
    path: Path,
    originals: Iterable[tuple[Path, str]],
    read: Callable[[Path], tuple[Sequence[Finding], Iterable[Value]] | None],
) -> Search | None:
    """Search any cleaner's output for what originals said, one after the other; None if there is no engine.

    `originals` are files with the names to search for (relative to a folder that was
    given); `read` returns what our reader and second readers found in one, or None if
    it can't be read: then only names, times and metadata samples count.
    """
    if not engine.available():
        return None
    total: Search | None = None
    unread = 0
    for place, name in originals:
        found = read(place)
        unread += found is None
        findings, others = found or ((), ())
        said = (*others, *values_of_path(place, name))
        try:
            with Source(place) as source:
                one = search_for(harvest(source, findings, said), path)
        except Refused:
            # A link, a pipe, a disk that fails: what is known of it from outside is still searched.
            one = search_file(said, path)
            unread += found is not None
        total = one if total is None or one is None else _added(total, one)
    if total is not None and unread:
        note = NotSearched(Kind.UNKNOWN, UNREAD, unread)
        total = replace(total, not_searched=(*total.not_searched, note))
    return total


def _added(one: Search, other: Search) -> Search:
    notes: Counter[tuple[str, str]] = Counter()
    kinds: dict[tuple[str, str], Kind] = {}
    chances: defaultdict[tuple[str, str], float] = defaultdict(float)
    for note in (*one.not_searched, *other.not_searched):
        key = (note.kind.value, note.reason)
        kinds[key] = note.kind
        notes[key] += note.count
        chances[key] += note.chance
    return Search(
        one.values + other.values,
        one.forms + other.forms,
        one.size,
        one.carried + other.carried,
        tuple(NotSearched(kinds[key], key[1], count, chances[key]) for key, count in notes.items()),
    )


def _explained(search: Search, original: Original) -> Search:
    hit = {one.value.untrusted for one in search.carried} & original.raw
    if not hit:
        return search
    crossing = shared((each for each in hit if isinstance(each, bytes)), original.source, original.residue)
    kept = tuple(one for one in search.carried if one.value.untrusted not in crossing)
    counts = Counter(value.kind for value in original.values if value.untrusted in crossing)
    notes = tuple(NotSearched(kind, ALSO_CROSSES, count) for kind, count in counts.items())
    return replace(search, carried=kept, not_searched=(*search.not_searched, *notes))
