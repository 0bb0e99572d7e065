"""What the suites share: cleaning bytes, searching for a secret, decoding with someone else's code."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import blake2b
from pathlib import Path
from typing import Any

from scrubkit import formats, pieces
from scrubkit.audit import audit_file
from scrubkit.clean import clean_file
from scrubkit.model import FileReport, Policy, Verdict, Verify
from scrubkit.selftest import holds
from scrubkit.source import Source

POLICY = Policy(verify=Verify.PAYLOAD)
"""What the brute-force suites can afford; second readers have suites of their own."""


@dataclass(frozen=True)
class Cleaned:
    """What `clean_file` reported, and what it wrote (None if nothing)."""

    report: FileReport
    data: bytes | None


def clean(folder: Path, data: bytes, policy: Policy = POLICY) -> Cleaned:
    """Clean bytes by way of files, as a user does; nothing but the output may be left in the folder."""
    source, target = folder / "source", folder / "target"
    source.write_bytes(data)
    target.unlink(missing_ok=True)
    report = clean_file(source, target, policy)
    written = target.read_bytes() if target.exists() else None
    target.unlink(missing_ok=True)
    source.unlink()
    assert list(folder.iterdir()) == []
    return Cleaned(report, written)


def cleaned(folder: Path, data: bytes, policy: Policy = POLICY) -> bytes:
    """The clean file; the assertion names the problem if there is none."""
    result = clean(folder, data, policy)
    assert result.report.verdict is Verdict.CLEANED, result.report.problem
    assert result.data is not None
    return result.data


def audit(folder: Path, data: bytes, policy: Policy = POLICY) -> FileReport:
    source = folder / "audited"
    source.write_bytes(data)
    report = audit_file(source, policy)
    source.unlink()
    return report


class Memory:
    """A `Sink` in memory."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += data

    def patch(self, at: int, data: bytes) -> None:
        self.data[at : at + len(data)] = data


def rebuilt(path: Path, policy: Policy = POLICY) -> bytes:
    """Read and write without publishing: what the brute-force suites can afford.

    Raises what the format raises.
    """
    with Source(path) as source:
        found = formats.identify(source.read(0, min(source.size, formats.HEAD)))
        if found is None:
            return b""
        reading = found.read(source, policy)
        sink = Memory()
        pieces.copy(found.write(reading.essence, policy), reading.essence.payload, sink)
        return bytes(sink.data)


def found_in(data: bytes, secret: bytes) -> list[bytes]:
    """The forms of the secret that the bytes hold."""
    return [secret] if holds(data, secret) else []


@dataclass(frozen=True)
class Decoded:
    """What an independent decoder shows: times in seconds from the earliest stream's start."""

    pictures: tuple[tuple[Fraction, bytes], ...]
    sounds: tuple[tuple[Fraction, int, int, bytes], ...]
    """Per track: start, samples per second, channels, digest of all samples."""
    turned: int
    shape: tuple[int, int, Fraction]
    colour: tuple[int, int, int, int]
    length: Fraction


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=12).digest()


def decoded_movie(data: bytes) -> Decoded:
    """Decode the first enabled video stream, or the tiles of a still, and all sound with PyAV."""
    import av
    from av.stream import Disposition

    pictures: list[tuple[Fraction, bytes]] = []
    tracks: dict[int, list[Any]] = {}
    turned, shape, colour = 0, (0, 0, Fraction(1)), (0, 0, 0, 0)
    container: Any
    with av.open(io.BytesIO(data)) as container:
        pictured = container.streams.video
        enabled = [stream for stream in pictured if stream.disposition & Disposition.default]
        tiles = [stream for stream in pictured if stream.disposition & Disposition.dependent]
        wanted = [*(enabled[:1] or tiles), *container.streams.audio]
        assert wanted, "the decoder sees neither picture nor sound"
        for packet in container.demux(*wanted):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    if not pictures:
                        turned = frame.rotation
                        context = packet.stream.codec_context
                        ratio = packet.stream.sample_aspect_ratio or Fraction(1)
                        shape = (frame.width, frame.height, ratio or Fraction(1))
                        colour = (
                            int(context.color_primaries),
                            int(context.color_trc),
                            int(context.colorspace),
                            # A picture that says nothing of its range has the limited one.
                            int(context.color_range) or 1,
                        )
                    pictures.append((_time(frame), _digest(_samples(frame))))
                else:
                    tracks.setdefault(packet.stream.index, []).append(frame)
    starts = [pictures[0][0]] if pictures else []
    starts += [_time(track[0]) for track in tracks.values()]
    origin = min(starts, default=Fraction(0))
    sounds, ends = [], [time for time, _ in pictures]
    for _, track in sorted(tracks.items()):
        joined = b"".join(_interleaved(frame) for frame in track)
        first = track[0]
        sounds.append((_time(first) - origin, first.sample_rate, first.layout.nb_channels, _digest(joined)))
        ends.append(_time(track[-1]) + Fraction(track[-1].samples, first.sample_rate))
    return Decoded(
        tuple((time - origin, digest) for time, digest in pictures),
        tuple(sounds),
        turned,
        shape,
        colour,
        max(ends, default=Fraction(0)) - origin,
    )


def _samples(frame: Any) -> bytes:
    try:
        return bytes(frame.to_ndarray().tobytes())
    except ValueError:
        # PyAV has no array for some formats with alpha.
        return bytes(frame.reformat(format="rgba64le").to_ndarray().tobytes())


def _time(frame: Any) -> Fraction:
    return Fraction(frame.pts) * Fraction(frame.time_base)


def _interleaved(frame: Any) -> bytes:
    samples = frame.to_ndarray()
    return bytes((samples.T if frame.format.is_planar else samples).tobytes())


@dataclass(frozen=True)
class Shown:
    """A still as Pillow shows it, upright: its stored samples, and what colours they stand for.

    `more` are the times in milliseconds and the samples of the pictures after the first.
    """

    size: tuple[int, int]
    mode: str
    pixels: bytes
    more: tuple[tuple[float, bytes], ...]
    colours: Any = field(compare=False)
    """An array of the first picture in sRGB, rows first."""


SHADE = 6
"""How far apart two 8-bit colours may lie when a profile was replaced by its canonical form."""


SINGLE = frozenset({"HEIF", "AVIF", "JPEG", "MPO", "TIFF"})
"""What Pillow calls formats whose pictures after the first are no part of the first's essence."""


def decoded_still(data: bytes) -> Shown:
    import pillow_heif
    from PIL import Image, ImageOps, ImageSequence

    pillow_heif.register_heif_opener()
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image)
        managed = _in_srgb(upright, image.info.get("icc_profile"))
        pictures = () if image.format in SINGLE else ImageSequence.Iterator(image)
        more = tuple((each.info.get("duration", 0), _digest(each.tobytes())) for each in pictures)[1:]
        return Shown(upright.size, upright.mode, _digest(upright.tobytes()), more, managed)


def _in_srgb(image: Any, profile: bytes | None) -> Any:
    import numpy as np
    from PIL import ImageCms

    if profile:
        with contextlib.suppress(ImageCms.PyCMSError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    return np.asarray(image.convert("RGB")).astype("i4")


def differences(one: Any, other: Any) -> list[str]:
    """What two decodings don't agree in."""
    found = [
        f"{name}: {getattr(one, name)} | {getattr(other, name)}"
        for name in one.__dataclass_fields__
        if name != "colours" and getattr(one, name) != getattr(other, name)
    ]
    if isinstance(one, Shown) and not found:
        apart = int(abs(one.colours - other.colours).max())
        found += [f"colours: {apart} of 255 apart"] * (apart > SHADE)
    return found


BOXED = frozenset({"isobmff", "heif"})
"""Formats that FFmpeg reads and Pillow does not."""


def decoder(name: str) -> Any:
    """The independent decoder for a format."""
    return decoded_movie if name in BOXED else decoded_still


def first_difference(one: bytes, other: bytes) -> str:
    """Where two files part, with the boxes that hold the place; for a failed assertion's message."""
    from scrubkit.specimens.builders import boxes

    at = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    holders = [node.path for node in boxes.every(one) if node.start <= at < node.end]
    near = slice(max(at - 8, 0), at + 24)
    parts = f"{one[near].hex()} {other[near].hex()}"
    return f"{len(one)} and {len(other)} bytes part at {at} in {holders[-1:]}: {parts}"


@dataclass(frozen=True)
class Cost:
    """What one file cost a process of its own, and how it ended; `peak` is in bytes."""

    verdict: str
    code: str
    problem: str
    output: bool
    left: int
    seconds: float
    peak: int
    errors: str


def measured(path: Path, timeout: float = 30) -> Cost:
    """Audit and clean a file in a child process."""
    child = Path(__file__).with_name("child.py")
    run = subprocess.run(
        [sys.executable, str(child), str(path)], capture_output=True, text=True, timeout=timeout, check=False
    )
    if run.returncode:
        return Cost("crashed", "", "", output=False, left=0, seconds=0, peak=0, errors=run.stderr[-2000:])
    row = json.loads(run.stdout)
    return Cost(
        row["verdict"],
        row["code"],
        row["problem"],
        row["output"],
        row["left"],
        row["seconds"],
        row["peak"],
        run.stderr,
    )


def shows(path: Path) -> bool:
    """Whether Pillow shows a still."""
    try:
        decoded_still(path.read_bytes())
    except (EOFError, OSError, SyntaxError, ValueError, Warning):
        return False
    return True
