"""Codings of camcorders and editors, from a file of FFmpeg's muxer to one that decodes to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.model import Policy, Verdict, Verify
from scrubkit.specimens.builders.recordings import Coding, encoded

if TYPE_CHECKING:
    from pathlib import Path

MPEG2 = (("bf", "2"), ("g", "6"))
CODINGS = {
    "MPEG-2 in MP4": Coding("mp4", "mpeg2video", "", MPEG2),
    "MPEG-2 in MOV": Coding("mov", "mpeg2video", "", MPEG2),
    "MPEG-2, interlaced": Coding("mov", "mpeg2video", "", (*MPEG2, ("flags", "+ildct+ilme")), "yuv422p"),
    "MPEG-2, time codes": Coding("mp4", "mpeg2video", "", (("gop_timecode", "12:34:56:07"),)),
    "MPEG-1": Coding("mp4", "mpeg1video", "", (("g", "6"),)),
    "Motion JPEG in MP4": Coding("mp4", "mjpeg", "", (), "yuvj420p"),
    "Motion JPEG in MOV": Coding("mov", "mjpeg", "", (), "yuvj420p"),
    "DNxHR": Coding("mov", "dnxhd", "", (("profile", "dnxhr_sq"),), "yuv422p", (256, 120), frames=2),
    "DNxHR of ten bits": Coding(
        "mov", "dnxhd", "", (("profile", "dnxhr_hqx"),), "yuv422p10le", (256, 120), frames=2
    ),
    "DNxHD": Coding("mov", "dnxhd", "", (("b", "90M"),), "yuv422p", (1280, 720), frames=2),
    "DNxHD, interlaced": Coding(
        "mov", "dnxhd", "", (("b", "120M"), ("flags", "+ildct")), "yuv422p", (1920, 1080), frames=2
    ),
}


@pytest.mark.parametrize("name", CODINGS)
def test_the_clean_file_decodes_to_the_same(tmp_path: Path, name: str) -> None:
    data = encoded(CODINGS[name])
    made = support.cleaned(tmp_path, data)
    assert support.differences(support.decoded_movie(data), support.decoded_movie(made)) == []


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("verify", [Verify.STRUCTURE, Verify.PAYLOAD])
def test_the_clean_file_is_canonical(tmp_path: Path, name: str, verify: Verify) -> None:
    made = support.cleaned(tmp_path, encoded(CODINGS[name]))
    assert support.audit(tmp_path, made, Policy(verify=verify)).verdict is Verdict.CANONICAL


@pytest.mark.parametrize("coding", ["MPEG-2", "Motion JPEG"])
def test_a_container_does_not_show(tmp_path: Path, coding: str) -> None:
    one, other = (
        support.cleaned(tmp_path, encoded(CODINGS[f"{coding} in {name}"])) for name in ("MP4", "MOV")
    )
    assert one == other


def test_time_codes_of_mpeg2_do_not_show(tmp_path: Path) -> None:
    plain = Coding("mp4", "mpeg2video", "")
    assert support.cleaned(tmp_path, encoded(CODINGS["MPEG-2, time codes"])) == support.cleaned(
        tmp_path, encoded(plain)
    )
