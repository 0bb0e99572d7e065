"""The same coded samples in containers of another muxer: FFmpeg's, through PyAV, without recoding."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av


@dataclass(frozen=True)
class Remux:
    """Which of FFmpeg's muxers, its options, and the metadata that it should write."""

    container: str = "mp4"
    options: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    track_tags: Mapping[str, str] = field(default_factory=dict)


def remux(data: bytes, how: Remux) -> bytes:
    """Copy all packets of a movie into a new one."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "movie"
        _copy(data, target, how)
        return target.read_bytes()


def _copy(data: bytes, target: Path, how: Remux) -> None:
    source: Any
    output: Any
    with (
        av.open(io.BytesIO(data)) as source,
        av.open(str(target), "w", format=how.container, options=dict(how.options)) as output,
    ):
        output.metadata.update(how.tags)
        streams = {}
        for stream in source.streams:
            if stream.type in {"video", "audio"}:
                streams[stream.index] = output.add_stream_from_template(stream, opaque=True)
                streams[stream.index].metadata.update(how.track_tags)
        for packet in source.demux():
            if packet.dts is not None and packet.stream.index in streams:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
