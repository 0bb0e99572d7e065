"""Where samples lie and what says so: interleaving and the `stbl` box (14496-12 §8.5 to §8.7)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from . import entries
from .boxes import box, full, i32, u16, u32, u64
from .extras import Extra
from .recordings import Sample, Stream

if TYPE_CHECKING:
    from .layout import Layout


@dataclass(frozen=True)
class Chunk:
    """A run of samples of one track; `offset` counts from the start of the mdat body."""

    track: int
    first: int
    count: int
    offset: int
    entry: int = 0


def frames(stream: Stream | Extra) -> tuple[Sample, ...]:
    """The samples as the tables count them: uncompressed sound has one per frame."""
    size = 0 if isinstance(stream, Extra) else entries.frame_size(stream)
    if not size:
        return stream.samples
    data = b"".join(sample.data for sample in stream.samples)
    return tuple(Sample(data[at : at + size], 1) for at in range(0, len(data), size))


def interleave(streams: list[Stream | Extra], layout: Layout) -> tuple[list[Chunk], bytes, int]:
    """The chunks in order of their samples, the body of the mdat, and where a second one begins in it."""
    pending: list[tuple[Fraction, int, int, int]] = []
    tables = [frames(stream) for stream in streams]
    for track, (stream, samples) in enumerate(zip(streams, tables, strict=True)):
        time, first, window = 0, 0, None
        opened = Fraction(0)
        for index, sample in enumerate(samples):
            at = Fraction(time, stream.timescale)
            mine: object = None if layout.chunk is None else at // layout.chunk
            if layout.one_by_one:
                mine = index
            if index and (mine != window or sample.entry != samples[index - 1].entry):
                pending.append((opened, track, first, index - first))
                first, opened = index, at
            window = mine
            time += sample.duration
        if samples:
            pending.append((opened, track, first, len(samples) - first))
    pending.sort(key=lambda item: item[:2], reverse=layout.backwards)
    chunks, body, middle = [], bytearray(), 0
    for number, (_, track, first, count) in enumerate(pending):
        if layout.two_mdats and number == (len(pending) + 1) // 2:
            middle = len(body)
            body += bytes(8)
        body += layout.gap
        chunks.append(Chunk(track, first, count, len(body), tables[track][first].entry))
        for sample in tables[track][first : first + count]:
            body += sample.data
    body += layout.slack
    if middle:
        # The header of the second mdat; `movie.mdat_box` ends the first before it.
        body[middle : middle + 8] = u32(len(body) - middle) + b"mdat"
    chunks.sort(key=lambda chunk: (chunk.track, chunk.first))
    return chunks, bytes(body), middle


def runs(values: list[int]) -> list[tuple[int, int]]:
    """Count and value of each run."""
    out: list[tuple[int, int]] = []
    for value in values:
        if out and out[-1][1] == value:
            out[-1] = (out[-1][0] + 1, value)
        else:
            out.append((1, value))
    return out


def table(kind: bytes, rows: list[tuple[int, int]], version: int = 0) -> bytes:
    packed = b"".join(u32(count) + (i32(value) if version else u32(value)) for count, value in rows)
    return full(kind, version, 0, u32(len(rows)), packed)


def sizes(samples: tuple[Sample, ...], layout: Layout) -> bytes:
    values = [len(sample.data) for sample in samples]
    if layout.stz2:
        return full(b"stz2", 0, 0, u32(16, len(values)), u16(*values))
    if values and len(set(values)) == 1:
        return full(b"stsz", 0, 0, u32(values[0], len(values)))
    return full(b"stsz", 0, 0, u32(0, len(values)), u32(*values))


def sample_table(
    stream: Stream | Extra, layout: Layout, chunks: list[Chunk], base: int, *, empty: bool = False
) -> bytes:
    """The `stbl` box (14496-12 §8.5)."""
    samples = () if empty else frames(stream)
    found = [sample_entry(stream, layout)]
    if isinstance(stream, Stream):
        found += [sample_entry(other, layout) for other in stream.others]
    found *= 2 if layout.second_entry else 1
    parts = [
        full(b"stsd", 0, 0, u32(len(found)), *found),
        table(b"stts", runs([sample.duration for sample in samples])),
    ]
    if any(not sample.sync for sample in samples) or (layout.list_all_sync and samples):
        numbers = [i for i, sample in enumerate(samples, 1) if sample.sync]
        if layout.loose_tables:
            numbers += [len(samples) + 1, len(samples) + 9]
        parts.append(full(b"stss", 0, 0, u32(len(numbers)), u32(*numbers)))
    offsets = [sample.composition for sample in samples]
    if layout.loose_tables:
        while offsets and not offsets[-1]:
            offsets.pop()
    if any(offsets):
        parts.append(table(b"ctts", runs(offsets), int(layout.composition == "negative")))
    rows: list[bytes] = []
    last = None
    for number, chunk in enumerate(chunks, 1):
        if (chunk.count, chunk.entry) != last:
            rows.append(u32(number, chunk.count, chunk.entry + 1))
        last = chunk.count, chunk.entry
    parts.append(full(b"stsc", 0, 0, u32(len(rows)), *rows))
    parts.append(sizes(samples, layout))
    starts = [base + chunk.offset for chunk in chunks]
    if layout.loose_tables:
        starts += [7, 0xFFFFFFF0]
    if layout.co64:
        parts.append(full(b"co64", 0, 0, u32(len(starts)), u64(*starts)))
    else:
        parts.append(full(b"stco", 0, 0, u32(len(starts)), u32(*starts)))
    parts.append(layout.inside.get("stbl", b""))
    return box(b"stbl", *parts)


def sample_entry(stream: Stream | Extra, layout: Layout) -> bytes:
    if isinstance(stream, Extra):
        return stream.entry
    more = layout.inside.get("entry", b"")
    if stream.handler == b"vide":
        return entries.visual(stream, layout, more)
    return entries.sound(stream, layout, more)
