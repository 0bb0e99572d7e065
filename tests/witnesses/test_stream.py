"""Pieces of what a process says: each whole, in its time, and apart from what comes after it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from scrubkit.witnesses.confined import ANSWER, ChildError
from scrubkit.witnesses.stream import EndedError, Gone, Stream, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


@pytest.fixture
def says(pipe: tuple[int, int]) -> Callable[[bytes], Stream]:
    """Return a stream on which some bytes are said and then nothing."""

    def write(data: bytes) -> Stream:
        os.write(pipe[1], data)
        os.close(pipe[1])
        return Stream(pipe[0])

    return write


def soon() -> float:
    return time.monotonic() + 5


def test_frames_are_taken_one_by_one(says: Callable[[bytes], Stream]) -> None:
    stream = says(frame(b"one") + frame(b"") + frame(b"3\nthree") + b"rest")
    assert [stream.frame(soon()) for _ in range(3)] == [b"one", b"", b"3\nthree"]
    assert stream.to_end(soon()) == b"rest"


@pytest.mark.parametrize("said", [b"", b"3", b"3\n", b"3\non", b"-1\n", b"+1\nx", b"x\n", b"\n", b"1" * 40])
def test_half_a_frame_is_none(said: bytes, says: Callable[[bytes], Stream]) -> None:
    with pytest.raises(EndedError, match="ended abnormally"):
        says(said).frame(soon())


def test_a_frame_that_is_too_large_is_not_waited_for(says: Callable[[bytes], Stream]) -> None:
    with pytest.raises(ChildError, match="said too much"):
        says(b"%d\n" % (ANSWER + 1)).frame(soon())


def test_a_frame_that_does_not_come_takes_too_long(pipe: tuple[int, int]) -> None:
    stream = Stream(pipe[0])
    os.write(pipe[1], frame(b"one") + b"9\nhalf")
    assert stream.frame(soon()) == b"one"
    with pytest.raises(ChildError, match="took too long"):
        stream.frame(time.monotonic() + 0.1)


def test_nothing_is_waited_for_when_nobody_asks_any_more(pipe: tuple[int, int]) -> None:
    asking, closed = os.pipe()
    os.close(closed)
    try:
        with pytest.raises(Gone):
            Stream(pipe[0], asking).frame(soon())
    finally:
        os.close(asking)
