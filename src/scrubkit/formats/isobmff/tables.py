"""Sample tables (ISO/IEC 14496-12 §8.6, §8.7): compact boxes → one array per property.

Counts come from the file, so each is checked against the bytes that back it
before anything is allocated.
"""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from itertools import accumulate, chain, repeat
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Truncated
from .boxes import Box, full, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model import Limits


def big_endian(code: str, body: memoryview, at: int, count: int, where: str) -> array[int]:
    """Read `count` big-endian integers of an `array` type code; raises `Malformed` if they aren't there."""
    values = array(code)
    stop = at + count * values.itemsize
    if stop > len(body):
        raise Malformed(where, "entry-count")
    values.frombytes(body[at:stop])
    if sys.byteorder == "little":
        values.byteswap()
    return values


@dataclass(frozen=True, slots=True)
class Sizes:
    """`stsz`/`stz2` §8.7.3: either `constant` bytes for each of `count` samples, or `table`."""

    count: int
    constant: int
    table: array[int]


def read_sizes(boxes: Mapping[str, Box], where: str) -> Sizes:
    """Read whichever of `stsz` and `stz2` is there; raises `Malformed` without one."""
    if (box := boxes.get("stsz")) is not None:
        where += "/stsz"
        _, _, body = full(box, where)
        constant, count = unpack("II", body, where)
        table = array("I") if constant else big_endian("I", body, 8, count, where)
        return Sizes(count, constant, table)
    if (box := boxes.get("stz2")) is not None:
        where += "/stz2"
        _, _, body = full(box, where)
        field, count = unpack("II", body, where)
        if field == 16:
            return Sizes(count, 0, array("I", big_endian("H", body, 8, count, where)))
        if field == 8:
            return Sizes(count, 0, array("I", big_endian("B", body, 8, count, where)))
        if field == 4:
            packed = big_endian("B", body, 8, (count + 1) // 2, where)
            halves = array("I", chain.from_iterable((byte >> 4, byte & 15) for byte in packed))
            return Sizes(count, 0, halves[:count])
        raise Malformed(where, "field-size", box.start)
    raise Malformed(where, "stsz-missing")


def read_chunk_offsets(boxes: Mapping[str, Box], where: str) -> array[int]:
    """Read `co64` or `stco` §8.7.5 as an array 'Q' of file offsets."""
    if (box := boxes.get("co64")) is not None:
        _, _, body = full(box, where + "/co64")
        (count,) = unpack("I", body, where + "/co64")
        return big_endian("Q", body, 4, count, where + "/co64")
    if (box := boxes.get("stco")) is not None:
        _, _, body = full(box, where + "/stco")
        (count,) = unpack("I", body, where + "/stco")
        return array("Q", big_endian("I", body, 4, count, where + "/stco"))
    raise Malformed(where, "stco-missing")


@dataclass(frozen=True, slots=True)
class Chunks:
    """Per chunk, parallel arrays: file offset, number of samples, sample description index (from 1)."""

    offsets: array[int]
    counts: array[int]
    descriptions: array[int]


def read_chunks(boxes: Mapping[str, Box], where: str) -> Chunks:
    """Expand `stsc` §8.7.4 over the chunks that exist."""
    offsets = read_chunk_offsets(boxes, where)
    box = boxes.get("stsc")
    if box is None:
        raise Malformed(where, "stsc-missing")
    where += "/stsc"
    _, _, body = full(box, where)
    (count,) = unpack("I", body, where)
    rows = big_endian("I", body, 4, count * 3, where)
    counts, descriptions = array("I"), array("I")
    total = len(offsets)
    if total and (not rows or rows[0] != 1):
        raise Malformed(where, "first-chunk", box.start)
    for i in range(0, len(rows), 3):
        first, samples, description = rows[i : i + 3]
        following = rows[i + 3] if i + 3 < len(rows) else total + 1
        if following <= first:
            raise Malformed(where, "first-chunk", box.start)
        span = min(following, total + 1) - first
        if span <= 0:
            break
        counts.extend(array("I", (samples,)) * span)
        descriptions.extend(array("I", (description,)) * span)
    return Chunks(offsets, counts, descriptions)


def place_samples(
    chunks: Chunks, sizes: Sizes, limits: Limits, file_size: int, where: str
) -> tuple[array[int], array[int], array[int]]:
    """Return offsets ('Q'), sizes ('I') and description indices ('H', from 0) per sample.

    Raises `Truncated` for a sample beyond the file, `LimitExceeded` for more
    samples than the policy allows, `Malformed` if chunks hold fewer samples than
    there are sizes.
    """
    if sizes.count > limits.samples:
        raise LimitExceeded(where, "samples")
    table = sizes.table or array("I", (sizes.constant,)) * sizes.count
    offsets, descriptions = array("Q"), array("H")
    done = 0
    for offset, count, description in zip(chunks.offsets, chunks.counts, chunks.descriptions, strict=True):
        # counts of trailing chunks may be inherited from a row that promises too many
        count = min(count, sizes.count - done)  # noqa: PLW2901
        if not count:
            continue
        if not 1 <= description <= 0xFFFF:
            raise Malformed(where, "description-index")
        ends = list(accumulate(table[done : done + count], initial=offset))
        if ends.pop() > file_size:
            raise Truncated(where, "sample-beyond-file", offset)
        offsets.extend(ends)
        descriptions.extend(array("H", (description - 1,)) * count)
        done += count
    if done != sizes.count:
        raise Malformed(where, "sample-count")
    return offsets, table, descriptions


def read_durations(boxes: Mapping[str, Box], count: int, where: str) -> array[int]:
    """Expand `stts` §8.6.1.2 to `count` durations ('I').

    Missing entries repeat the last one, as players do; surplus ones are ignored.
    """
    box = boxes.get("stts")
    if box is None:
        raise Malformed(where, "stts-missing")
    return array("I", _expand(box, "I", count, where + "/stts", repeat_last=True))


def read_compositions(boxes: Mapping[str, Box], count: int, where: str) -> array[int]:
    """Expand `ctts` §8.6.1.3 to `count` offsets ('i'), or return an empty array if there is none.

    Version 0 is unsigned by the standard, but recorders write negative offsets
    into it, and every player reads them as signed.
    """
    box = boxes.get("ctts")
    if box is None:
        return array("i")
    return _expand(box, "i", count, where + "/ctts", repeat_last=False)


def _expand(box: Box, code: str, count: int, where: str, *, repeat_last: bool) -> array[int]:
    _, _, body = full(box, where)
    (rows,) = unpack("I", body, where)
    pairs = big_endian("I", body, 4, rows * 2, where)
    values = array(code)
    values.frombytes(pairs[1::2].tobytes())
    out = array(code)
    for run, value in zip(pairs[0::2], values, strict=True):
        take = min(run, count - len(out))
        if take <= 0:
            break
        out.extend(array(code, (value,)) * take)
    missing = count - len(out)
    if missing:
        filler = out[-1] if repeat_last and out else 0
        out.extend(array(code, (filler,)) * missing)
    return out


def read_sync(boxes: Mapping[str, Box], count: int, where: str) -> bytes:
    """Read `stss` §8.6.2 as bytes of 0 and 1, or return nothing if every sample is sync."""
    box = boxes.get("stss")
    if box is None:
        return b""
    where += "/stss"
    _, _, body = full(box, where)
    (rows,) = unpack("I", body, where)
    marks = bytearray(count)
    for number in big_endian("I", body, 4, rows, where):
        if 1 <= number <= count:
            marks[number - 1] = 1
    return bytes(marks)


def decode_times(durations: array[int]) -> array[int]:
    """Running sum of durations ('q'): the decode time of each sample, then the end."""
    return array("q", accumulate(durations, initial=0))


def ticks(values: array[int], count: int) -> chain[int] | repeat[int]:
    """`values`, or as many zeros if the array is empty because all are zero."""
    return chain(values) if values else repeat(0, count)
