"""Says so where the real files are absent: no test below this folder has then run."""

from __future__ import annotations

import pytest

from . import manifest


@pytest.mark.corpus
@manifest.needed
def test_the_real_files_are_there() -> None:
    assert all(manifest.entries(family) for family in ("isobmff-video", "jpeg", "hostile"))
