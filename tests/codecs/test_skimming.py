"""Samples that are taken in runs: whatever a glance decides, a filter that is shown them singly says too."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.codecs import Run, aac, forbidden, nal
from scrubkit.codecs.nal import NalFilter
from scrubkit.errors import ScrubError
from scrubkit.essence import Sound
from scrubkit.model import Policy
from scrubkit.pieces import Coded, Span
from scrubkit.specimens.builders import nal as build
from scrubkit.specimens.builders.codecs_other import END, bytes_of, fill, packed, silent_channel

from .test_nal import AVC, AVC_SEI, HEVC, HEVC_SEI, I_SLICE, IDR, INTERLACED, IRAP, P_SLICE, START, TRAIL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scrubkit.codecs import SampleFilter

    Listed = Sequence[bool]
    Outcome = tuple[list[bytes], list[bool], object]


def _told(walk: SampleFilter) -> tuple[object, ...]:
    return walk.entry(), walk.dropped(), walk.kept(), walk.remaining()


def _crossing(walk: SampleFilter, run: Run, number: int, listed: Listed) -> tuple[bytes, bool]:
    begin, stop = run.edges[number : number + 2]
    found = walk.sample(run.data[begin:stop], run.start + begin, listed[number])
    out = b""
    for piece in found.pieces:
        if isinstance(piece, Span):
            out += run.data[piece.start - run.start : piece.start - run.start + piece.size]
        else:
            assert isinstance(piece, Coded)
            out += piece.data
    return out, found.sync


def singly(walk: SampleFilter, samples: Sequence[bytes], listed: Listed) -> Outcome:
    """What crosses of each sample if the filter sees one at a time; then what it says, or its error."""
    crossed, sync = [], []
    try:
        for sample, mark in zip(samples, listed, strict=True):
            out = _crossing(walk, Run(memoryview(sample), START, (0, len(sample))), 0, [mark])
            crossed.append(out[0])
            sync.append(out[1])
    except ScrubError as error:
        return crossed, sync, (type(error), str(error))
    return crossed, sync, _told(walk)


def in_runs(walk: SampleFilter, runs: Sequence[Sequence[bytes]], listed: Listed) -> tuple[Outcome, int]:
    """The same as a writer does it, run by run, and how many samples were taken at a glance."""
    crossed: list[bytes] = []
    sync: list[bool] = []
    taken = 0
    start = START
    try:
        for samples in runs:
            marks = listed[len(crossed) : len(crossed) + len(samples)]
            edges = list(accumulate(map(len, samples), initial=0))
            run = Run(memoryview(b"".join(samples)), start, edges, b"" if all(marks) else bytes(marks))
            start += edges[-1] + 5
            number = 0
            while number < len(samples):
                skimmed = walk.skim(run, number)
                data = bytearray(run.data)
                for place, value in skimmed.changes:
                    data[place] = value
                stop = number + skimmed.count
                crossed += (bytes(data[edges[i] : edges[i + 1]]) for i in range(number, stop))
                sync += map(bool, skimmed.sync)
                taken += skimmed.count
                number += skimmed.count
                if number < len(samples):
                    out = _crossing(walk, run, number, marks)
                    crossed.append(out[0])
                    sync.append(out[1])
                    number += 1
    except ScrubError as error:
        return (crossed, sync, (type(error), str(error))), taken
    return (crossed, sync, _told(walk)), taken


def check(make: Callable[[], SampleFilter], runs: Sequence[Sequence[bytes]], listed: Listed = ()) -> int:
    """Compare both ways, and return how many samples were taken at a glance."""
    samples = [sample for run in runs for sample in run]
    listed = listed or [True] * len(samples)
    outcome, taken = in_runs(make(), runs, listed)
    assert outcome == singly(make(), samples, listed)
    return taken


@pytest.fixture(params=[0, 1 << 60], ids=["Hyperscan", "re"])
def _engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        pytest.importorskip("hyperscan")
    monkeypatch.setattr(nal, "PAYS", request.param + 1)
    monkeypatch.setattr(forbidden, "WORTHWHILE", 0)


def h264() -> NalFilter:
    return NalFilter(AVC, Policy())


def h265() -> NalFilter:
    return NalFilter(HEVC, Policy())


def sample(*nals: bytes) -> bytes:
    return build.with_lengths(nals)


def with_length(length: int, body: bytes) -> bytes:
    return length.to_bytes(4) + body


LATE_REFERENCE = build.h264_slice(0x41, kind=5)
OTHER_SPS, OTHER_PPS = build.h264_sps(level=41), build.h264_pps()
SECOND_PPS = build.h264_pps(identifier=1)
FAR_PPS = build.h264_pps(identifier=255)

H264 = {
    "IDR": sample(IDR),
    "P": sample(P_SLICE),
    "I": sample(I_SLICE),
    "reference of another number": sample(LATE_REFERENCE),
    "no reference": sample(build.h264_slice(0x01, kind=6)),
    "P of another PPS": sample(build.h264_slice(0x61, kind=5, pps=1)),
    "P of a PPS of a large number": sample(build.h264_slice(0x61, kind=5, pps=255)),
    "slice that opens no picture": sample(build.h264_slice(0x61, first=5, kind=5)),
    "slice far down a picture": sample(build.h264_slice(0x61, first=70_000, kind=5)),
    "two slices": sample(P_SLICE, build.h264_slice(0x61, first=5, kind=0)),
    "two pictures": sample(IDR, P_SLICE),
    "message first": sample(build.sei(AVC_SEI, (5, b"CANARY")), P_SLICE),
    "delimiter first": sample(b"\x09\xf0", IDR),
    "SPS first": sample(OTHER_SPS, OTHER_PPS, IDR),
    "second PPS first": sample(SECOND_PPS, P_SLICE),
    "far PPS first": sample(FAR_PPS, P_SLICE),
    "zeros behind": sample(P_SLICE + bytes(5)),
    "cabac_zero_word behind": sample(P_SLICE + b"\0\0\3"),
    "start code inside": sample(P_SLICE + b"\0\0\1" + b"\x06CANARY"),
    "zeros inside": sample(P_SLICE[:-1] + b"\0\0\0" + P_SLICE[-1:]),
    "prevention inside": sample(P_SLICE[:-1] + b"\0\0\3\1" + P_SLICE[-1:]),
    "byte stream": b"\0\0\0\1" + P_SLICE,
    "length too small": with_length(len(P_SLICE) - 1, P_SLICE),
    "length too large": with_length(len(P_SLICE) + 1, P_SLICE),
    "bytes behind": sample(P_SLICE) + b"CANARY",
    "forbidden bit": sample(b"\xe1" + P_SLICE[1:]),
    "partition": sample(b"\x62" + P_SLICE[1:]),
    "short": sample(P_SLICE[:3]),
    "ends in a header": sample(P_SLICE[:1]),
    "empty": b"",
    "zeros": bytes(40),
}

HEVC_SAMPLES = {
    "IRAP": sample(IRAP),
    "TRAIL": sample(TRAIL),
    "CRA": sample(build.hevc_slice(21)),
    "other type": sample(build.hevc_slice(0)),
    "other PPS": sample(build.hevc_slice(1, pps=3)),
    "PPS of a large number": sample(build.hevc_slice(1, pps=63)),
    "layer": sample(build.hevc_slice(1, layer=1)),
    "temporal id": sample(build.hevc_slice(0, temporal=1)),
    "slice that opens no picture": sample(build.hevc_slice(1, first=False)),
    "two slices": sample(TRAIL, build.hevc_slice(1, first=False)),
    "two pictures": sample(IRAP, TRAIL),
    "message first": sample(build.sei(HEVC_SEI, (5, b"CANARY")), IRAP),
    "start code inside": sample(TRAIL + b"\0\0\1" + b"\x4e\x01CANARY"),
    "zeros behind": sample(TRAIL + bytes(3)),
    "length too small": with_length(len(TRAIL) - 1, TRAIL),
    "length too large": with_length(len(TRAIL) + 1, TRAIL),
    "reserved": sample(build.hevc_slice(22)),
    "short": sample(TRAIL[:4]),
    "zeros": bytes(40),
}


class TestGlance:
    """That it happens at all: the law below would hold for filters that never take a sample."""

    @pytest.mark.parametrize(
        ("make", "one"),
        [(h264, "IDR"), (h264, "P"), (h264, "reference of another number"), (h265, "IRAP"), (h265, "TRAIL")],
    )
    def test_slices_that_begin_like_one_before_are_taken(
        self, make: Callable[[], NalFilter], one: str
    ) -> None:
        body = (H264 if make is h264 else HEVC_SAMPLES)[one]
        assert check(make, [[body] * 9]) == 8

    def test_it_lasts_over_runs(self) -> None:
        assert check(h264, [[H264["P"]] * 3] * 4) == 11

    def test_a_message_takes_no_more_than_its_own_sample(self) -> None:
        plain, said = H264["P"], H264["message first"]
        assert check(h264, [[plain, plain, said, plain, plain]]) == 3

    def test_nothing_is_taken_where_lengths_are_rewritten(self) -> None:
        walk = NalFilter(replace(AVC, length_size=2), Policy())
        short = build.with_lengths([P_SLICE], 2)
        run = Run(memoryview(short * 2), START, (0, len(short), 2 * len(short)))
        walk.sample(run.data[: len(short)], START, listed=True)
        assert walk.skim(run, 1).count == 0

    def test_what_opens_with_too_large_a_number_is_looked_at(self) -> None:
        far = H264["slice far down a picture"]
        assert check(h264, [[far] * 4]) == 0


@pytest.mark.usefixtures("_engine")
class TestLaw:
    @pytest.mark.parametrize("name", H264)
    @pytest.mark.parametrize("interlaced", [False, True], ids=["frames", "fields"])
    def test_h264_after_samples_like_it(self, name: str, *, interlaced: bool) -> None:
        usual = [H264[one] for one in ("IDR", "P", "I", "reference of another number")] * 2
        runs = [[*usual, H264[name], *usual], [H264[name], H264[name], *usual]]
        marks = [i % 3 > 0 for i in range(sum(map(len, runs)))]
        check(lambda: NalFilter(INTERLACED if interlaced else AVC, Policy()), runs, marks)

    @pytest.mark.parametrize("name", HEVC_SAMPLES)
    def test_hevc_after_samples_like_it(self, name: str) -> None:
        usual = [HEVC_SAMPLES[one] for one in ("IRAP", "TRAIL")] * 2
        runs = [[*usual, HEVC_SAMPLES[name], *usual], [HEVC_SAMPLES[name], HEVC_SAMPLES[name], *usual]]
        check(h265, runs, [i % 3 > 0 for i in range(sum(map(len, runs)))])

    def test_sets_that_change_are_taken_up(self) -> None:
        usual, change = [H264["IDR"], H264["P"]], H264["SPS first"]
        outcome, _ = in_runs(h264(), [[*usual, change, *usual, *usual]], [True] * 7)
        assert isinstance(outcome[2], tuple)
        assert check(h264, [[*usual, *usual, change, *usual, *usual]]) > 0

    def test_a_pps_that_is_gone_is_no_longer_named(self) -> None:
        second = H264["P of another PPS"]
        check(h264, [[H264["IDR"], H264["second PPS first"], second, second, H264["SPS first"], second]])

    def test_start_codes_over_the_border_of_two_samples_are_none(self) -> None:
        # the last zero of a sample, or two, and the length of the one that follows
        body = H264["P"][:-1] + b"\x80"
        assert len(body) < 256
        assert check(h264, [[body] * 5]) == 4

    @given(
        st.lists(st.lists(st.sampled_from(sorted(H264)), max_size=12), max_size=3),
        st.lists(st.booleans(), min_size=36, max_size=36),
    )
    def test_h264_in_any_order(self, names: list[list[str]], marks: list[bool]) -> None:
        runs = [[H264[name] for name in run] for run in names]
        check(h264, runs, marks[: sum(map(len, runs))])

    @given(st.lists(st.lists(st.sampled_from(sorted(HEVC_SAMPLES)), max_size=12), max_size=3))
    def test_hevc_in_any_order(self, names: list[list[str]]) -> None:
        check(h265, [[HEVC_SAMPLES[name] for name in run] for run in names])

    @given(st.data())
    def test_slices_with_any_first_bytes(self, draw: st.DataObject) -> None:
        make, heads = draw.draw(st.sampled_from([(h264, b"\x65\x41\x61\x01"), (h265, b"\x26\x02")]))
        starts = st.sampled_from([b"\x88\x84", b"\x9a\x00", b"\xe0\x00", b"\xaf\x13", b"\xd0\x20"])
        bodies = st.builds(
            lambda head, start, rest: sample(bytes([head]) + start + rest + b"\x80"),
            st.sampled_from(list(heads)),
            starts | st.binary(min_size=2, max_size=2),
            st.binary(max_size=6),
        )
        few = draw.draw(st.lists(bodies, min_size=1, max_size=4))
        check(make, [draw.draw(st.lists(st.sampled_from(few), min_size=1, max_size=12))])


MONO = packed((5, 2), (4, 3), (4, 1), (3, 0))
CLEAN = bytes_of(silent_channel() + END)
AAC = {
    "clean": CLEAN,
    "filled": bytes_of(silent_channel() + fill(1, b"CANARY") + END),
    "filled first": bytes_of(fill(1, b"CANARY") + silent_channel() + END),
    "behind the end": CLEAN + b"CANARY",
    "damaged": CLEAN[:1],
    "empty": b"",
}


@pytest.fixture
def _short_tracks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SHORT": 10, "HEAD": 4, "TAIL": 3, "EVERY": 8}.items():
        monkeypatch.setattr(aac, name, value)


def sound(count: int, specific: bytes = MONO, *, deep: bool = False) -> aac.AacFilter:
    record = aac.rebuild_config(specific).record
    return aac.sample_filter(Sound("aac", "mp4a", 1, 48_000, record=record), Policy(deep=deep), count)


@pytest.mark.usefixtures("_short_tracks")
class TestAac:
    def test_units_between_those_that_are_walked_are_taken(self) -> None:
        units = [CLEAN] * 40
        walked = {0, 1, 2, 3, 8, 16, 24, 32, 37, 38, 39}
        assert check(lambda: sound(40), [units]) == 40 - len(walked)

    @pytest.mark.parametrize("count", [10, 40])
    def test_all_are_walked_where_that_is_asked(self, count: int) -> None:
        assert check(lambda: sound(count, deep=count > 10), [[CLEAN] * count]) == 0

    @pytest.mark.parametrize("place", range(40))
    @pytest.mark.parametrize("name", [name for name in AAC if name != "damaged"])
    def test_one_unit_that_is_not_like_the_others(self, name: str, place: int) -> None:
        units = [CLEAN] * 40
        units[place] = AAC[name]
        check(lambda: sound(40), [units[:17], units[17:]])

    def test_all_that_follow_one_with_something_behind_are_walked(self) -> None:
        units = [CLEAN] * 8 + [AAC["filled"]] + [CLEAN] * 31
        assert check(lambda: sound(40), [units]) == 4

    def test_syntaxes_that_are_not_walked_are_taken(self) -> None:
        scalable = packed((5, 23), (4, 3), (4, 1), (3, 1), (3, 0), (1, 0), (2, 0))
        assert check(lambda: sound(40, scalable), [[b"CANARY", b"\xff", b"", b"x"]]) == 3

    @given(st.lists(st.lists(st.sampled_from(sorted(AAC)), max_size=30), max_size=3))
    def test_in_any_order(self, names: list[list[str]]) -> None:
        runs = [[AAC[name] for name in run] for run in names]
        check(lambda: sound(max(sum(map(len, runs)), 11)), runs)
