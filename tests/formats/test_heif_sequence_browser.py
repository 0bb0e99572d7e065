"""Cleaned animations move: as Chromium decodes them.  Slow, and only where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import test_players

from . import heifs
from .test_heif_sequence import ANIMATION, WITH_ALPHA, lasting

if TYPE_CHECKING:
    from pathlib import Path

PAGE = b"""<!doctype html><img id=i><script>
const tell = found => fetch('/result', {method: 'POST', body: JSON.stringify(found)});
(async () => {
  const data = await (await fetch('/movie')).arrayBuffer();
  const decoder = new ImageDecoder({data: data.slice(0), type: 'image/avif'});
  await decoder.tracks.ready;
  const track = decoder.tracks.selectedTrack;
  const times = [];
  let alpha = null;
  for (let i = 0; i < track.frameCount; i++) {
    const {image} = await decoder.decode({frameIndex: i});
    times.push(image.duration);
    alpha = image.format.endsWith('A');
    image.close();
  }
  const img = document.getElementById('i');
  img.src = URL.createObjectURL(new Blob([data], {type: 'image/avif'}));
  await img.decode();
  tell({animated: track.animated, repetitions: String(track.repetitionCount), times, alpha,
        size: [img.naturalWidth, img.naturalHeight]});
})().catch(error => tell({error: String(error)}));
</script>"""

TIMES = [100_000, 100_000, 100_000, 700_000]


@pytest.mark.slow
@pytest.mark.skipif(test_players.CHROMIUM is None, reason="NOT RUN: no Chromium on this machine")
@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "with alpha"])
def test_chromium_shows_a_cleaned_sequence_as_an_animation(
    alpha: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_players, "PAGE", PAGE)
    source = lasting(WITH_ALPHA if alpha else ANIMATION, 3000)
    expected: dict[str, Any] = {
        "animated": True,
        "repetitions": "2",
        "times": TIMES,
        "alpha": alpha,
        "size": [96, 64],
    }
    assert test_players.played(source) == expected
    assert test_players.played(heifs.cleaned(tmp_path, source)) == expected
