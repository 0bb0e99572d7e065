"""Cleaned files play: in Chromium's <video>, and as MediaInfo reads them.  Slow, and only where these are."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import TYPE_CHECKING, Any

import pymediainfo
import pytest

import support
from scrubkit.specimens.cases.isobmff import CASES

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-port=0",
)

PAGE = b"""<!doctype html><video id=v muted></video><script>
const v = document.getElementById('v');
const tell = what => fetch('/result', {method: 'POST', body: JSON.stringify({
  what, duration: v.duration, width: v.videoWidth, height: v.videoHeight, time: v.currentTime,
  error: v.error && v.error.message, frames: v.getVideoPlaybackQuality().totalVideoFrames,
})});
v.onended = () => tell('ended');
v.onerror = () => tell('error');
fetch('/movie').then(r => r.blob()).then(b => { v.src = URL.createObjectURL(b); v.play(); });
</script>"""

PLAYED = (
    "h264",
    "h264-plain",
    "h264-ntsc",
    "h264-turned",
    "h264-uneven",
    "av1",
    "vp9",
    "aac",
    "opus",
    "flac",
    "mp3",
)
"""Recordings whose coding Chromium plays."""


@contextmanager
def serving(movie: bytes, results: Queue[dict[str, Any]]) -> Iterator[str]:
    """A server on this machine that hands out the page and the movie, and takes one result."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = movie if self.path == "/movie" else PAGE
            self.send_response(200)
            self.send_header("Content-Type", "video/mp4" if self.path == "/movie" else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def played(movie: bytes) -> dict[str, Any]:
    """What Chromium says at the end of the movie."""
    results: Queue[dict[str, Any]] = Queue()
    assert CHROMIUM is not None
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        serving(movie, results) as address,
    ):
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", address]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return results.get(timeout=60)
        finally:
            browser.terminate()
            browser.wait(timeout=20)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="NOT RUN: no Chromium on this machine")
@pytest.mark.parametrize(
    "case", [c for c in CASES if c.name.split()[-1] in PLAYED], ids=lambda case: case.name
)
def test_chromium_plays_a_cleaned_movie_to_its_end(case: Any, tmp_path: Path) -> None:
    data = support.cleaned(tmp_path, case.dirty())
    expected = support.decoded_movie(data)
    found = played(data)
    assert found["what"] == "ended", found
    assert found["duration"] == pytest.approx(float(expected.length), abs=0.1)
    if expected.pictures:
        width, height, ratio = expected.shape
        shape = (round(width * ratio), height)
        turned = shape if expected.turned % 180 == 0 else shape[::-1]
        assert (found["width"], found["height"]) == turned


def _tracks(data: bytes, folder: Path) -> list[dict[str, Any]]:
    path = folder / "movie"
    path.write_bytes(data)
    tracks = [track.to_data() for track in pymediainfo.MediaInfo.parse(path).tracks]
    path.unlink()
    return tracks


WRITERS = {"amr": "0x00000000 0", "h263": "0x00000000 0", "prores": "Apple"}
"""What MediaInfo calls the writing library, by recording: the empty vendor of `damr`, and the encoder id
that all ProRes gets.
"""


TELLING = (
    "tagged",
    "encoded_date",
    "recorded",
    "title",
    "writing_application",
    "comment",
    "xyz",
    "language",
    "com_",
    "make",
    "model",
)
"""How MediaInfo's names for what must be gone begin."""


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mediainfo_sees_the_tracks_of_a_cleaned_movie_and_nothing_else(case: Any, tmp_path: Path) -> None:
    data = support.cleaned(tmp_path, case.dirty())
    tracks = _tracks(data, tmp_path)
    seen = support.decoded_movie(data)
    kinds = [track["track_type"] for track in tracks]
    assert kinds == ["General"] + ["Video"] * bool(seen.pictures) + ["Audio"] * len(seen.sounds)
    said = {key for track in tracks for key in track}
    assert not {key for key in said if key.startswith(TELLING)}
    libraries = {track["writing_library"] for track in tracks if "writing_library" in track}
    coding = case.name.split()[-1].split("-")[0]
    assert libraries <= {WRITERS.get(coding)}
