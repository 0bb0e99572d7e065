"""Several sample descriptions of one track: found in samples or in the file, they come out the same."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.model import Policy, Profile, Verdict
from scrubkit.specimens.builders import boxes
from scrubkit.specimens.builders.boxes import box, u8, u16, u32
from scrubkit.specimens.builders.layout import Layout
from scrubkit.specimens.builders.movie import mux
from scrubkit.specimens.builders.recordings import (
    X264_PLAIN,
    Coding,
    Recording,
    Sample,
    Stream,
    encoded,
    recording,
    streams_of,
)

if TYPE_CHECKING:
    from pathlib import Path

H264 = ("h264-plain", "h264-422")
HEVC = ("hevc", "hevc-hlg")


def sets(stream: Stream) -> bytes:
    """The parameter sets of a configuration record, each behind a length of four bytes."""
    body = stream.config[0][8:]
    found = []
    if stream.codec == "h264":
        at = 5
        for mask in (0x1F, 0xFF):
            count, at = body[at] & mask, at + 1
            for _ in range(count):
                size = int.from_bytes(body[at : at + 2])
                found.append(body[at + 2 : at + 2 + size])
                at += 2 + size
    else:
        at = 23
        for _ in range(body[22]):
            count, at = int.from_bytes(body[at + 1 : at + 3]), at + 3
            for _ in range(count):
                size = int.from_bytes(body[at : at + 2])
                found.append(body[at + 2 : at + 2 + size])
                at += 2 + size
    return b"".join(u32(len(nal)) + nal for nal in found)


def still(stream: Stream) -> tuple[Sample, ...]:
    """Its sync samples, which need no others."""
    return tuple(replace(each, composition=0) for each in stream.samples if each.sync)


def one_after_the_other(names: tuple[str, str], *, twice: bool = False) -> tuple[Stream, Stream, Stream]:
    """The first recording, one with both under two descriptions, and one with sets in samples."""
    first, other = (recording(name).streams[0] for name in names)
    head, tail = still(first), still(other)
    described = tuple(replace(each, entry=1) for each in tail)
    changed = (replace(tail[0], data=sets(other) + tail[0].data), *tail[1:])
    end_described: tuple[Sample, ...] = ()
    end_changed: tuple[Sample, ...] = ()
    if twice:
        end_described = head
        end_changed = (replace(head[0], data=sets(first) + head[0].data), *head[1:])
    base = replace(first, start=0)
    return (
        replace(base, samples=head),
        replace(base, samples=(*head, *described, *end_described), others=(other,)),
        replace(base, samples=(*head, *changed, *end_changed)),
    )


def clean(folder: Path, stream: Stream) -> bytes:
    return support.cleaned(folder, mux(Recording("joined", (stream,)), Layout()))


@pytest.mark.parametrize("names", [H264, HEVC], ids=["h264", "hevc"])
@pytest.mark.parametrize("twice", [False, True])
def test_sets_that_change_in_samples_are_twins_of_a_second_description(
    tmp_path: Path, names: tuple[str, str], twice: bool
) -> None:
    _, described, changed = one_after_the_other(names, twice=twice)
    assert clean(tmp_path, described) == clean(tmp_path, changed)


@pytest.mark.parametrize("names", [H264, HEVC], ids=["h264", "hevc"])
def test_a_description_that_comes_back_is_written_once(tmp_path: Path, names: tuple[str, str]) -> None:
    data = clean(tmp_path, one_after_the_other(names, twice=True)[2])
    (stsd,) = (node for node in boxes.every(data) if node.kind == b"stsd")
    assert len(stsd.children) == 2


@pytest.mark.parametrize("size", [(160, 48), (128, 72)])
def test_the_descriptions_may_be_of_other_shapes(tmp_path: Path, size: tuple[int, int]) -> None:
    wide = Coding("mp4", "libx264", "", X264_PLAIN, size=size)
    other = streams_of(encoded(wide))[0]
    first = recording("h264-plain").streams[0]
    tail = still(other)
    changed = (replace(tail[0], data=sets(other) + tail[0].data), *tail[1:])
    data = clean(tmp_path, replace(first, start=0, samples=(*still(first), *changed)))
    entries = [node for node in boxes.every(data) if node.kind == b"avc1"]
    sizes = [struct.unpack_from(">HH", data, node.start + 32) for node in entries]
    assert sizes == [(64, 48), size]


def test_two_descriptions_that_say_the_same_are_one(tmp_path: Path) -> None:
    alone, *_ = one_after_the_other(H264)
    samples = tuple(replace(each, entry=i % 2) for i, each in enumerate(alone.samples))
    assert clean(tmp_path, replace(alone, samples=samples, others=(alone,))) == clean(tmp_path, alone)


def test_descriptions_are_written_in_the_order_of_their_use(tmp_path: Path) -> None:
    first, other = (recording(name).streams[0] for name in H264)
    head = still(first)
    plain = replace(first, start=0, samples=head, others=(other,))
    turned = replace(other, start=0, samples=tuple(replace(each, entry=1) for each in head), others=(first,))
    turned = replace(turned, timescale=first.timescale, width=first.width, height=first.height)
    assert clean(tmp_path, plain) == clean(tmp_path, turned)


def bare_av1(data: bytes) -> bytes:
    """An `av1C` of its four fixed bytes."""
    return box(b"av1C", data[8:12])


@pytest.mark.parametrize("empty", [False, True])
def test_an_av1_record_without_a_sequence_header_gets_that_of_the_samples(
    tmp_path: Path, *, empty: bool
) -> None:
    stream = recording("av1").streams[0]
    record = box(b"av1C") if empty else bare_av1(stream.config[0])
    bare = replace(stream, config=(record, *stream.config[1:]), width=640, height=480)
    assert clean(tmp_path, bare) == clean(tmp_path, stream)


@pytest.mark.parametrize("name", ["ac3", "ac3-surround", "eac3"])
def test_dolby_digital_without_its_box_is_described_by_its_frames(tmp_path: Path, name: str) -> None:
    (stream,) = recording(name).streams
    assert clean(tmp_path, replace(stream, config=())) == clean(tmp_path, stream)


def dolby(profile: int, compatibility: int) -> bytes:
    """A `dvvC` of level 4 with RPU and base layer."""
    return box(b"dvvC", u8(1, 0) + u16(profile << 9 | 4 << 3 | 0b101) + u8(compatibility << 4) + bytes(19))


def with_dolby(name: str, profile: int, compatibility: int) -> bytes:
    stream = recording(name).streams[0]
    stream = replace(stream, config=(*stream.config, dolby(profile, compatibility)))
    return mux(Recording("dolby", (stream,)), Layout())


@pytest.mark.parametrize("name", ["av1", "hevc"])
def test_dolby_vision_that_is_not_kept_leaves_the_base_picture(tmp_path: Path, name: str) -> None:
    data = with_dolby(name, 10 if name == "av1" else 8, 4)
    policy = Policy(profile=Profile.LOSSLESS if name == "av1" else Profile.STRICT)
    made = support.cleaned(tmp_path, data, policy)
    assert b"dvvC" not in made
    assert support.differences(support.decoded_movie(data), support.decoded_movie(made)) == []


@pytest.mark.parametrize(("name", "profile"), [("av1", 10), ("hevc", 5)])
def test_a_picture_that_needs_dolby_vision_is_refused_where_it_is_not_kept(
    tmp_path: Path, name: str, profile: int
) -> None:
    policy = Policy(profile=Profile.STRICT)
    assert support.clean(tmp_path, with_dolby(name, profile, 0), policy).report.verdict is Verdict.REFUSED


def test_dolby_vision_is_never_kept_in_av1(tmp_path: Path) -> None:
    assert support.clean(tmp_path, with_dolby("av1", 10, 0)).report.verdict is Verdict.REFUSED
