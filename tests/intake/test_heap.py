"""Memory that was freed is used again without asking the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

COUNT = 200

USED = f"""
import resource
from scrubkit.intake.heap import keep_freed
{{}}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
for _ in range({COUNT}):
    windows = [b"x" * (2 << 20) for _ in range(4)]
    del windows
print(faults() - before)
"""


def faults(first: str) -> int:
    """How often the system had to give a page while windows came and went, in a process of its own."""
    command = [sys.executable, "-c", USED.format(first)]
    return int(subprocess.run(command, check=True, capture_output=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library is told")
def test_windows_that_come_and_go_use_the_same_pages() -> None:
    pages = 4 * (2 << 20) // 4096
    assert faults("keep_freed()") < 2 * pages < COUNT * pages < 2 * faults("")


def test_another_c_library_is_left_alone() -> None:
    assert faults("import ctypes\nctypes.CDLL = lambda _: object()\nkeep_freed()") >= 0
