"""A writer that reads ahead and takes samples in runs makes the very file of one that looks at each alone."""

from __future__ import annotations

import importlib
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import support
from scrubkit import pieces
from scrubkit.codecs import Skimmed, aac, forbidden, nal
from scrubkit.codecs.aac import AacFilter
from scrubkit.codecs.nal import NalFilter
from scrubkit.errors import Malformed, ScrubError, SourceFailed, Unsupported
from scrubkit.essence import Movie, Samples, Sound, Track
from scrubkit.model import Policy
from scrubkit.pieces import Amended, Payload, merged
from scrubkit.source import Memory
from scrubkit.specimens.builders import nal as build

from .test_nal import AVC, HEVC, INTERLACED
from .test_skimming import AAC, CLEAN, H264, HEVC_SAMPLES, MONO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrubkit.codecs import Run
    from scrubkit.essence import Picture

module = importlib.import_module("scrubkit.formats.isobmff.write")

RATE = 30
"""Pictures per second: a window holds half of them."""
P, IDR = H264["P"], H264["IDR"]
LARGE = [
    build.with_lengths([build.h264_slice(head, kind=kind, data=bytes([0x55, 7 + number]) * 20_000)])
    for number, (head, kind) in enumerate([(0x65, 7), (0x41, 5), (0x61, 5), (0x01, 5)] * 2)
]


@dataclass(frozen=True)
class Recorded:
    """Samples of one track, where each lies, and which ones the container lists as sync samples."""

    entry: Picture | Sound
    samples: Sequence[bytes]
    offsets: Sequence[int]
    sync: bytes = b""
    entries: Sequence[int] = ()


def movie(source: Memory, recorded: Sequence[Recorded]) -> Movie:
    tracks = []
    for each in recorded:
        count = len(each.samples)
        entries: tuple[Picture, ...] | tuple[Sound, ...]
        if isinstance(each.entry, Sound):
            entries, timescale, duration = (each.entry,), 48_000, 1024
        else:
            entries, timescale, duration = (each.entry,) * (1 + max(each.entries, default=0)), RATE, 1
        samples = Samples(
            array("Q", each.offsets),
            array("I", map(len, each.samples)),
            array("I", [duration] * count),
            sync=each.sync,
            entries=array("H", each.entries),
        )
        tracks.append(Track(entries, timescale, samples, ()))
    intervals = (
        (start, start + len(sample))
        for each in recorded
        for start, sample in zip(each.offsets, each.samples, strict=True)
    )
    return Movie(tuple(tracks), Payload(source, *merged(sorted(intervals))))


def outcome(source: Memory, recorded: Sequence[Recorded], *, deep: bool = False) -> tuple[object, ...]:
    """Everything that comes of writing, or the error, whole."""
    made = movie(source, recorded)
    sink = support.Memory()
    try:
        copied = pieces.copy(module.write(made, Policy(deep=deep)), made.payload, sink)
    except ScrubError as error:
        return type(error), error.where, error.rule, error.at
    return bytes(sink.data), copied


def one_by_one(source: Memory, recorded: Sequence[Recorded], *, deep: bool = False) -> tuple[object, ...]:
    """The same without a glance, a run or a look ahead."""

    def no_glance(_walk: object, _run: Run, _first: int) -> Skimmed:
        return Skimmed(0, b"")

    with pytest.MonkeyPatch.context() as patch:
        for each in (NalFilter, AacFilter):
            patch.setattr(each, "skim", no_glance)
        patch.setattr(Payload, "fetch", lambda _payload, _intervals: None)
        for name in ("PART", "GROUP", "MOST_SAMPLES"):
            patch.setattr(module, name, 1)
        return outcome(source, recorded, deep=deep)


def laid_out(layout: str, tracks: Sequence[Sequence[bytes]]) -> tuple[bytes, list[list[int]]]:
    """The bytes of a source that holds those samples, and their places."""
    order = [(i, number) for i, track in enumerate(tracks) for number in range(len(track))]
    if layout in {"in turns", "with gaps", "shared"}:
        order.sort(key=lambda one: one[1] // 5)
    if layout == "backwards":
        order.reverse()
    data = bytearray(b"HEAD")
    places = [[0] * len(track) for track in tracks]
    known: dict[bytes, int] = {}
    for i, number in order:
        sample = tracks[i][number]
        if layout == "shared" and sample in known:
            places[i][number] = known[sample]
            continue
        if layout == "with gaps" and number % 3 == 0:
            # with the sample beside it, what lies between may look like a start code
            data += (b"\0\0\1", b"\0", b"\0\0")[number // 3 % 3]
        places[i][number] = known[sample] = len(data)
        data += sample
    return bytes(data + b"TAIL"), places


LAYOUTS = ("one behind the other", "in turns", "with gaps", "backwards", "shared")
SOUND = Sound("aac", "mp4a", 1, 48_000, record=aac.rebuild_config(MONO).record)
PCM = Sound("pcm", "sowt", 1, 48_000, frame_size=2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_large_samples_side_by_side_with_sound(layout: str) -> None:
    pictures = [LARGE[i * i % len(LARGE)] for i in range(70)]
    sounds = [CLEAN] * 110
    data, places = laid_out(layout, [pictures, sounds])
    recorded = [Recorded(AVC, pictures, places[0]), Recorded(SOUND, sounds, places[1])]
    made = outcome(Memory(memoryview(data)), recorded)
    assert isinstance(made[0], bytes)
    assert made == one_by_one(Memory(memoryview(data)), recorded)


@settings(max_examples=60)
@given(st.data())
def test_any_tracks_in_any_layout(draw: st.DataObject) -> None:
    coding = draw.draw(st.sampled_from([(AVC, H264), (INTERLACED, H264), (HEVC, HEVC_SAMPLES)]))
    usual = {AVC: ["IDR", "P", "I", "reference of another number"], HEVC: ["IRAP", "TRAIL"]}
    common = st.sampled_from(usual.get(coding[0], usual[AVC]))
    any_of = common | st.sampled_from(sorted(coding[1]))
    names = draw.draw(st.lists(draw.draw(st.sampled_from([common, any_of])), min_size=1, max_size=40))
    pictures = [coding[1][name] for name in names]
    marks = draw.draw(st.lists(st.booleans(), min_size=40, max_size=40))
    sync = draw.draw(st.sampled_from([b"", bytes(marks[: len(names)])]))
    entries = draw.draw(st.sampled_from([(), [i // 7 % 2 for i in range(len(names))]]))
    tracks = [pictures]
    entry_of: list[Picture | Sound] = [coding[0]]
    for kind in draw.draw(st.lists(st.sampled_from([SOUND, PCM]), max_size=2)):
        units = [AAC[name] for name in sorted(AAC) if name not in {"damaged", "empty"}]
        few = draw.draw(st.lists(st.sampled_from(units), min_size=1, max_size=60))
        tracks.append(few if kind is SOUND else [b"PCM.PCM." for _ in few])
        entry_of.append(kind)
    data, places = laid_out(draw.draw(st.sampled_from(LAYOUTS)), tracks)
    recorded = [
        Recorded(entry, track, offsets, *((sync, entries) if entry is coding[0] else ()))
        for entry, track, offsets in zip(entry_of, tracks, places, strict=True)
    ]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"SHORT": 10, "HEAD": 4, "TAIL": 3, "EVERY": 8}.items():
            patch.setattr(aac, name, value)
        expected = one_by_one(Memory(memoryview(data)), recorded)
        patch.setattr(nal, "PAYS", draw.draw(st.sampled_from([1, 200, 1 << 60])))
        patch.setattr(forbidden, "WORTHWHILE", 0)
        patch.setattr(module, "PART", draw.draw(st.sampled_from([1, 50, 300, module.PART])))
        patch.setattr(module, "GROUP", draw.draw(st.sampled_from([1, 100, 700, module.GROUP])))
        patch.setattr(module, "MOST_SAMPLES", draw.draw(st.sampled_from([1, 7, module.MOST_SAMPLES])))
        patch.setattr(
            pieces, "FETCHED", draw.draw(st.sampled_from([range(1, 9999), range(60, 300), pieces.FETCHED]))
        )
        assert outcome(Memory(memoryview(data)), recorded) == expected


def samples_of(*each: bytes) -> tuple[Memory, list[Recorded]]:
    data, places = laid_out("one behind the other", [each])
    return Memory(memoryview(data)), [Recorded(AVC, each, places[0])]


PPS_127, PPS_130 = (build.h264_pps(identifier=number) for number in (127, 130))
SPLIT = {
    "starts": [IDR, P, P, H264["SPS first"], P, P, P],
    "starts twice": [IDR, P, H264["SPS first"], P, P, H264["SPS first"], P, IDR, P],
    "start code at the end": [IDR, P, P, build.with_lengths([P[4:] + b"\0\0\1"]), P],
    "reserved bytes at the end": [IDR, P, P, build.with_lengths([P[4:] + b"\0\0\2"]), P],
    "reserved bytes inside": [IDR, P, P, build.with_lengths([P[4:] + b"\0\0\2\x80"]), P],
    "short slice before another": [IDR, build.with_lengths([b"\x65\x88", P[4:]]), P, P],
    # the number of the set ends in the third byte, which no glance sees
    "sets of numbers that begin alike": [
        IDR,
        build.with_lengths([PPS_127, PPS_130, IDR[4:]]),
        *[build.with_lengths([build.h264_slice(0x61, kind=5, pps=pps)]) for pps in (127, 130, 127, 130)],
    ],
    "a set that is not there": [
        IDR,
        build.with_lengths([PPS_127, IDR[4:]]),
        *[build.with_lengths([build.h264_slice(0x61, kind=5, pps=pps)]) for pps in (127, 127, 127, 130)],
    ],
}


@pytest.mark.parametrize("name", SPLIT)
@pytest.mark.parametrize("part", [1, 30, 1 << 20])
@pytest.mark.parametrize("search", [1, 1 << 60], ids=["Hyperscan", "re"])
def test_samples_that_only_look_like_those_before(
    name: str, part: int, search: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nal, "PAYS", search)
    monkeypatch.setattr(forbidden, "WORTHWHILE", 0)
    monkeypatch.setattr(forbidden, "BYTES_PER_PAIR", 1)
    data, (places,) = laid_out("one behind the other", [SPLIT[name]])
    # each is marked otherwise than the one before it, and the windows begin with one that is not
    sync = bytes(number % 2 for number in range(len(places)))
    recorded = [Recorded(AVC, SPLIT[name], places, sync)]
    expected = one_by_one(Memory(memoryview(data)), recorded)
    monkeypatch.setattr(module, "PART", part)
    assert outcome(Memory(memoryview(data)), recorded) == expected


def test_marks_are_those_of_the_samples_whatever_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [IDR, *[H264["I"]] * 12]
    data, (places,) = laid_out("one behind the other", [pictures])
    recorded = [Recorded(AVC, pictures, places, b"\1\0\0\1\1\0\1\0\0\0\1\1\1")]
    expected = one_by_one(Memory(memoryview(data)), recorded)
    monkeypatch.setattr(module, "PART", 2 * len(H264["I"]))
    assert outcome(Memory(memoryview(data)), recorded) == expected


class TestErrors:
    def test_a_bad_sample_within_a_run_is_named(self) -> None:
        source, recorded = samples_of(IDR, P, P, H264["length too large"], P)
        assert outcome(source, recorded) == (Malformed, "mdat/trak[1][4]/sample", "nal-length", None)

    def test_a_sample_of_which_nothing_crosses_is_named_and_placed(self) -> None:
        delimiter = build.with_lengths([b"\x09\xf0"])
        source, recorded = samples_of(IDR, P, delimiter, P)
        place = 4 + len(IDR) + len(P)
        assert outcome(source, recorded) == (
            Unsupported,
            "mdat/trak[1][3]",
            "nothing-of-the-sample-crosses",
            place,
        )

    def test_the_first_of_empty_samples_is_named(self) -> None:
        source, recorded = samples_of(b"", b"", b"")
        assert outcome(source, recorded)[1] == "mdat/trak[1][1]/payload"

    @pytest.mark.parametrize("number", [0, 3, 7])
    @pytest.mark.parametrize("fetched", [True, False])
    @pytest.mark.parametrize("byte", [0, 9, -1])
    def test_a_sample_that_cannot_be_read_is_named(
        self, number: int, byte: int, *, fetched: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not fetched:
            monkeypatch.setattr(pieces, "FETCHED", range(0))
        source, recorded = samples_of(*LARGE)
        failing = Failing(source, recorded[0].offsets[number] + byte % len(LARGE[number]))
        error = outcome(failing, recorded)
        assert error == (SourceFailed, f"mdat/trak[1][{number + 1}]/file", "EIO", failing.broken)


class Failing(Memory):
    """A source with one byte that can't be read."""

    def __init__(self, source: Memory, broken: int) -> None:
        super().__init__(source.view(0, source.size))
        self.broken = broken

    def view(self, at: int, size: int) -> memoryview:
        if at <= self.broken < at + size:
            raise SourceFailed("file", "EIO", self.broken)
        return super().view(at, size)


class TestBounds:
    def test_a_run_has_no_more_samples_than_it_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[int] = []
        glance = NalFilter.skim

        def counted(walk: NalFilter, run: Run, first: int) -> Skimmed:
            seen.append(len(run.edges) - 1)
            return glance(walk, run, first)

        monkeypatch.setattr(NalFilter, "skim", counted)
        monkeypatch.setattr(module, "MOST_SAMPLES", 4)
        outcome(*samples_of(*[IDR] * 10))
        assert max(seen) == 4

    def test_what_is_amended_stays_within_its_samples(self) -> None:
        each = [LARGE[0], *LARGE[1:2] * 9]
        source, recorded = samples_of(*each)
        made = movie(source, recorded)
        found = [piece for piece in module.write(made, Policy()) if isinstance(piece, Amended)]
        places = {offset + 4 for offset in recorded[0].offsets[2:]}
        assert {piece.start + place for piece in found for place, _ in piece.changes} == places
        assert all(0 <= place < piece.size for piece in found for place, _ in piece.changes)
