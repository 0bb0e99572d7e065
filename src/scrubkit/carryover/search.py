"""The search itself: values in, hits out, and what was not looked for."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from ..model import Carried, Check, Kind, NotSearched, Outcome, Search, Value
from ..source import Memory, Source
from . import engine, inside
from .forms import Form, forms, together
from .meaning import HEAD, TAIL, Needle, Plan, escaped, plan
from .times import zones
from .values import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ..source import Readable

NAME = "carry-over"

SLIGHT = "too short to mean anything in a file of this size"
ENDS = "too short to mean anything in the whole file; looked for in its first and last part only"
CONSTANT = "what any clean file may hold"
NO_FORM = "further encodings of values that were searched, too short to mean anything"
UNPACKED = "compressed streams beyond what one search unpacks"
ALSO_CROSSES = "stretches of bytes that the original's picture, sound or structure holds too"

UNREAD = "originals that scrubkit can't read: only names, times and metadata samples were searched for"

MISSING = "the search engine (hyperscan) is not installed"


def search_file(values: Iterable[Value], path: Path, texts: Mapping[str, str] = {}, ours: str = "") -> Search:
    """Search a file for values in all encodings, and `texts` (`name`, `report`) for them as text.

    `ours` are words of ours that the texts may hold whatever the original said.  For
    raw stretches of an original use `search_for`: here each of them counts as a hit.
    Raises `SourceFailed` and `NotRegular` if the file can't be read, and
    `ImportError` if there is no engine (see `engine.available`).
    """
    kept, left_out = bounded(values)
    around = zones(str(value.untrusted) for value in kept if value.kind is Kind.TIME)
    with Source(path) as source:
        size = source.size
        held = Memory(source.view(0, size)) if size <= engine.SMALL else source
        usable = [value for value in kept if not (value.path == "size" and value.untrusted == str(size))]
        planned = plan(_candidates(usable, around), size)
        work = inside.Work(size)
        hits = [*_searched(held, planned, work)]
    hits += _in_texts(usable, texts, ours)
    notes = [*left_out, *_not_searched(usable, planned, size)]
    if work.skipped:
        notes.append(NotSearched(Kind.HIDDEN, UNPACKED, work.skipped))
    searched = (*planned.whole, *planned.ends)
    return Search(
        values=len(planned.values(searched)),
        forms=len(searched),
        size=size,
        carried=_once(hits),
        not_searched=tuple(notes),
    )


def _candidates(values: Iterable[Value], around: Iterable[int]) -> Iterator[tuple[Value, Form]]:
    values = tuple(values)
    for value in values:
        for form in forms(value, around):
            yield value, form
    yield from together(values, around)


def _with_escapes(needles: Iterable[Needle]) -> list[Needle]:
    found = []
    for needle in needles:
        found.append(needle)
        found += escaped(needle)
    return found


def _searched(source: Readable, planned: Plan, work: inside.Work) -> Iterator[Carried]:
    if whole := _with_escapes(planned.whole):
        finder = engine.Finder(whole, source.size)
        for number, start in _unpacked(finder, inside.picture_data(source, work)):
            yield Carried(whole[number].value, whole[number].form, "deflate", start)
        for at, block in engine.blocks_of(source, max(finder.overlap, 32)):
            for number, begin in finder.find(block).items():
                yield _carried(whole[number], at + begin)
            for number, start in _unpacked(finder, inside.streams(source, block, at, work)):
                yield Carried(whole[number].value, whole[number].form, "deflate", start)
    if ends := _with_escapes(planned.ends):
        finder = engine.Finder(ends, source.size)
        for start, stop in ((0, HEAD), (max(source.size - TAIL, HEAD), source.size)):
            for at, block in engine.blocks_of(source, finder.overlap, start, stop):
                for number, begin in finder.find(block).items():
                    yield _carried(ends[number], at + begin)


def _carried(needle: Needle, at: int) -> Carried:
    return Carried(needle.value, needle.form, "nal" if needle.escaped else "bytes", at)


_LITTLE = 4096
"""Bytes up to which unpacked data wait for others, to be searched together: coded pictures hold many."""
_WAITING = 1024


def _unpacked(finder: engine.Finder, parts: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, int]]:
    """Yield the needles that unpacked data hold, by number, and where the stream begins."""
    waiting: list[tuple[int, bytes]] = []
    for start, data in parts:
        little = len(data) <= _LITTLE
        if little:
            waiting.append((start, data))
        if not little or len(waiting) == _WAITING:
            yield from finder.find_among(waiting).items()
            waiting = []
        if not little:
            yield from ((number, start) for number in finder.find(data))
    yield from finder.find_among(waiting).items()


def _once(hits: Iterable[Carried]) -> tuple[Carried, ...]:
    """One hit for each value, encoding and place."""
    found: dict[tuple[object, ...], Carried] = {}
    for hit in hits:
        found.setdefault((hit.value, hit.form, hit.place), hit)
    return tuple(found.values())


def _not_searched(values: Iterable[Value], planned: Plan, size: int) -> Iterator[NotSearched]:
    whole = planned.values(planned.whole)
    ends = planned.values(planned.ends) - whole
    constant = planned.values(planned.constant) - whole - ends
    counts: Counter[tuple[Kind, str]] = Counter()
    for value in values:
        if id(value) in ends:
            counts[value.kind, ENDS] += 1
        elif id(value) in constant:
            counts[value.kind, CONSTANT] += 1
        elif id(value) not in whole:
            counts[value.kind, SLIGHT] += 1
    chances: defaultdict[tuple[Kind, str], float] = defaultdict(float)
    for needle in (*planned.ends, *planned.slight):
        number = id(needle.value)
        if number in whole:
            counts[needle.value.kind, NO_FORM] += 1
            reason = NO_FORM
        else:
            reason = ENDS if number in ends else SLIGHT
        chances[needle.value.kind, reason] += min(needle.chance, float(size))
    for (kind, reason), count in counts.items():
        yield NotSearched(kind, reason, count, chances[kind, reason])


_WORD = re.compile(r"\w+")


def _in_texts(values: Iterable[Value], texts: Mapping[str, str], ours: str) -> Iterator[Carried]:
    """Search texts of ours for values as whole words; short ones and words of ours mean nothing there."""
    if not texts:
        return
    own = _folded(ours)
    folded = {place: text.casefold() for place, text in texts.items()}
    words = {place: frozenset(_WORD.findall(text)) for place, text in folded.items()}
    for value in values:
        if isinstance(value.untrusted, bytes):
            shapes = [value.untrusted.hex()]
        else:
            shapes = [value.untrusted.strip().casefold()]
        for shape in shapes:
            if not _means_something(shape):
                continue
            first = _WORD.search(shape)
            for place, text in folded.items():
                if first is not None and first.group() not in words[place]:
                    continue
                if (found := _whole_word(shape, text)) is not None and _whole_word(shape, own) is None:
                    yield Carried(value, "text", place, found)


@lru_cache(maxsize=1)
def _folded(text: str) -> str:
    """Return the words of ours, which are the same for every file, in lower case."""
    return text.casefold()


def _means_something(text: str) -> bool:
    digits = sum(map(str.isdigit, text))
    return len(text) >= 7 if digits == len(text) else len(text) >= 5


def _whole_word(needle: str, text: str) -> int | None:
    at = text.find(needle)
    while at >= 0:
        before, behind = text[at - 1 : at], text[at + len(needle) : at + len(needle) + 1]
        if not before.isalnum() and not behind.isalnum():
            return at
        at = text.find(needle, at + 1)
    return None


def check(search: Search | None) -> Check:
    """Return the search as a check; neither scope nor reason quotes a value or the size of an original."""
    if search is None:
        return Check(NAME, Outcome.NOT_RUN, "", MISSING)
    if not search.values:
        return Check(NAME, Outcome.NOT_RUN, "", "the original gave no value that could be searched")
    scope = (
        f"{search.values:,} values of the original in {search.forms:,} encodings, "
        f"over {_rounded(search.size)}: "
        "bytes, compressed streams, and NAL units with emulation prevention bytes"
    )
    short = sum(note.count for note in search.not_searched if note.reason in {SLIGHT, CONSTANT})
    if short:
        scope += f"; {short:,} further values are too short or too common to mean anything"
    left_out = sum(
        note.count for note in search.not_searched if note.reason not in {SLIGHT, CONSTANT, ENDS, NO_FORM}
    )
    if left_out:
        scope += f"; {left_out:,} left out for other reasons"
    if not search.carried:
        return Check(NAME, Outcome.PASSED, scope)
    kinds = Counter(hit.value.kind.value for hit in _by_value(search.carried))
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return Check(NAME, Outcome.FAILED, scope, f"values of the original are still there: {listed}")


def _by_value(carried: Iterable[Carried]) -> Iterable[Carried]:
    return {(hit.value.untrusted, hit.value.kind): hit for hit in carried}.values()


def _rounded(size: int) -> str:
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= step:
            return f"{size / step:.2g} {unit}" if size < 100 * step else f"{round(size / step, -1):,} {unit}"
    return "less than 1 kB"
