from __future__ import annotations

import io
import struct
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from scrubkit import demo
from scrubkit.clean import clean_file
from scrubkit.formats.isobmff.timing import MOVIE_TIMESCALE
from scrubkit.model import Check, Outcome, Policy, Verdict, Verify
from scrubkit.specimens.cases import isobmff as movies
from scrubkit.witnesses import confined, decode
from scrubkit.witnesses.decode import compare_decoded

if TYPE_CHECKING:
    from pathlib import Path

MOVIES = ("isobmff", "isobmff")
STILLS = ("jpeg", "jpeg")


def recorded(
    *,
    frames: int = 6,
    odd: int = -1,
    level: int = 0,
    rate: int = 25,
    tone: int = 440,
    turn: int = 0,
    sound: bool = True,
) -> bytes:
    """Encode a small H.264 and PCM movie with PyAV; each argument changes one thing a viewer would notice."""
    file = io.BytesIO()
    with av.open(file, "w", format="mov") as container:
        video: Any = container.add_stream("mpeg4", rate=rate)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio: Any = container.add_stream("pcm_s16le", rate=8000, layout="mono") if sound else None
        for number in range(frames):
            picture = np.full((48, 64, 3), 40 + 10 * number + (level if number == odd else 0), np.uint8)
            picture[: 8 + number, :8] = 200
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
        if audio is not None:
            at = np.arange(8000 * frames // 25)
            wave = (8000 * np.sin(2 * np.pi * tone * at / 8000)).astype(np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = 8000, Fraction(1, 8000), 0
            container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    data = file.getvalue()
    return _turned(data) if turn else data


def _turned(data: bytes) -> bytes:
    """Put a quarter turn into the first `tkhd`."""
    upright = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    at = data.index(upright, data.index(b"tkhd"))
    turn = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 48 << 16, 0, 0x40000000)
    return data[:at] + turn + data[at + len(turn) :]


def compared(folder: Path, source: bytes, output: bytes, formats: tuple[str, str] = MOVIES) -> Check:
    (folder / "source").write_bytes(source)
    (folder / "output").write_bytes(output)
    return compare_decoded(folder / "source", folder / "output", formats)


def test_the_same_recording_passes_and_says_how_much_was_compared(tmp_path: Path) -> None:
    check = compared(tmp_path, recorded(), recorded())
    assert check.outcome is Outcome.PASSED
    assert check.scope == "2 tracks, 6 frames and 1920 sound samples equal"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"odd": 3, "level": 30}, "another picture"),
        ({"tone": 880}, "sound differs"),
        ({"rate": 24}, "another time"),
        ({"frames": 7}, "only"),
        ({"turn": 1}, "another way up"),
    ],
)
def test_what_a_viewer_would_notice_fails(tmp_path: Path, change: dict[str, int], reason: str) -> None:
    check = compared(tmp_path, recorded(), recorded(**change))  # type: ignore[arg-type]
    assert check.outcome is Outcome.FAILED
    assert reason in check.reason


def test_a_track_that_was_dropped_on_purpose_is_no_difference(tmp_path: Path) -> None:
    check = compared(tmp_path, recorded(), recorded(sound=False))
    assert check.outcome is Outcome.PASSED
    assert check.scope.startswith("1 track, ")


def test_a_track_that_the_source_does_not_have_is_a_difference(tmp_path: Path) -> None:
    check = compared(tmp_path, recorded(sound=False), recorded())
    assert check.outcome is Outcome.FAILED


def test_stills_are_compared(tmp_path: Path) -> None:
    assert compared(tmp_path, demo.grey(20), demo.grey(20), STILLS).outcome is Outcome.PASSED
    assert compared(tmp_path, demo.grey(20), demo.grey(21), STILLS).outcome is Outcome.FAILED


def test_what_follows_a_still_is_not_part_of_it(tmp_path: Path) -> None:
    appended = demo.grey(20) + demo.grey(25)
    assert compared(tmp_path, appended, demo.grey(20), STILLS).outcome is Outcome.PASSED


@pytest.mark.parametrize("data", [b"", b"nothing that decodes"])
def test_what_does_not_decode_is_not_run_rather_than_passed(tmp_path: Path, data: bytes) -> None:
    for formats in (MOVIES, STILLS):
        check = compared(tmp_path, data, data, formats)
        assert check.outcome is Outcome.NOT_RUN
        assert check.reason


def test_an_unknown_format_is_not_run(tmp_path: Path) -> None:
    assert compared(tmp_path, b"", b"", ("toy", "toy")).outcome is Outcome.NOT_RUN


@pytest.mark.parametrize("missing", ["av", "numpy"])
def test_a_missing_library_is_not_run_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(decode, "find_spec", lambda name: None if name == missing else object())
    check = compared(tmp_path, recorded(), recorded())
    assert (check.outcome, check.reason) == (Outcome.NOT_RUN, f"{missing} not installed")


@pytest.mark.parametrize(
    ("module", "reason"),
    [("no_such_module", "ended abnormally"), ("this", "gave no answer")],
)
def test_a_child_that_fails_is_a_typed_failure(module: str, reason: str) -> None:
    with pytest.raises(confined.ChildError, match=reason):
        confined.ask(module, {}, 10)


def child(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Make `python -m child` run the code."""
    (folder / "child.py").write_text(code, "utf-8")
    monkeypatch.setattr(confined, "ROOT", f"{folder}:{confined.ROOT}")


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, tmp_path, "import time; time.sleep(60)")
    with pytest.raises(confined.ChildError, match="took too long"):
        confined.ask("child", {}, 1)


def test_a_child_sees_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "x")
    child(monkeypatch, tmp_path, "import json, os; print(json.dumps(dict(os.environ)))")
    assert "A_SECRET" not in confined.ask("child", {}, 20)


@pytest.mark.skipif(sys.platform != "linux", reason="the system may not limit address space")
def test_a_child_that_wants_too_much_memory_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from scrubkit.witnesses.confined import accept; accept(); bytearray(1 << 30); print({})"
    child(monkeypatch, tmp_path, code)
    assert confined.ask("child", {}, 20) == {}
    monkeypatch.setattr(confined, "MEMORY", 1 << 29)
    with pytest.raises(confined.ChildError, match="ended abnormally"):
        confined.ask("child", {}, 20)


@pytest.mark.skipif(sys.platform != "linux", reason="the system may not limit file sizes alike")
def test_a_child_writes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file"
    code = f"from scrubkit.witnesses.confined import accept; accept(); open({str(target)!r}, 'w').write('x')"
    child(monkeypatch, tmp_path, code)
    with pytest.raises(confined.ChildError):
        confined.ask("child", {}, 20)
    assert not target.exists() or target.read_bytes() == b""


def test_a_clean_with_decoding_checks_every_frame(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(demo.movie("Demophone", stale=True))
    report = clean_file(tmp_path / "source", tmp_path / "output", Policy(verify=Verify.DECODE))
    assert report.verdict is Verdict.CLEANED
    assert {check.name: check.outcome for check in report.checks}["decode"] is Outcome.PASSED


def test_a_clean_that_decodes_otherwise_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differs(*_: object, **__: object) -> Check:
        return Check("decode", Outcome.FAILED, "", "frame 1 has another picture")

    monkeypatch.setattr(decode, "compare_decoded", differs)
    (tmp_path / "source").write_bytes(demo.movie("Demophone", stale=True))
    report = clean_file(tmp_path / "source", tmp_path / "output", Policy(verify=Verify.DECODE))
    assert report.verdict is Verdict.FAILED
    assert report.problem is not None
    assert report.problem.code == "verification-failed"
    assert [each.name for each in tmp_path.iterdir()] == ["source"]


def trimmed(data: bytes, ticks: int) -> bytes:
    """A clean file of one track whose edit begins so many ticks of the track later."""
    at = data.index(b"elst") + 12
    duration, start = struct.unpack_from(">Ii", data, at)
    scale = int.from_bytes(data[(place := data.index(b"mdhd") + 16) : place + 4])
    shorter = duration - ticks * MOVIE_TIMESCALE // scale
    return data[:at] + struct.pack(">Ii", shorter, start + ticks) + data[at + 8 :]


@pytest.mark.parametrize("ticks", [100, 4096, 3 * 4096 + 100])
def test_sound_of_alac_that_an_edit_cuts_is_compared_whole(ticks: int, tmp_path: Path) -> None:
    movie = next(case for case in movies.CASES if case.name == "isobmff alac").dirty()
    source, output = tmp_path / "source", tmp_path / "output"
    source.write_bytes(movie)
    assert clean_file(source, output).verdict is Verdict.CLEANED
    source.write_bytes(trimmed(output.read_bytes(), ticks))
    output.unlink()
    assert clean_file(source, output).verdict is Verdict.CLEANED
    check = compare_decoded(source, output, MOVIES)
    assert check.outcome is Outcome.PASSED
