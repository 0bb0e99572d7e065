"""Runs commands one after the other and prints what they cost beside a baseline.

Contestants take turns (A B A B), so that a machine that slows down slows all of
them; each round gives one ratio to the baseline of the same round, and the median
of these ratios is printed.  Nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SCRUBKIT = str(Path(sys.executable).with_name("scrubkit"))
"""The command installed beside the Python that runs the benchmark."""

NOISE = os.environ.get("BENCH_NOISE", "")
"""A remark about the machine that is printed with the results."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A command, and what has to be taken away before each of its runs."""

    name: str
    command: tuple[str, ...]
    leftovers: tuple[Path, ...] = ()
    expected: frozenset[int] = frozenset({0})
    """Exit statuses that mean that the work was done."""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds on the wall, seconds of processor, and the peak of resident memory in bytes."""

    wall: float
    processor: float
    peak: int
    done: bool


def run_once(contestant: Contestant, folder: Path) -> Run:
    """Run the command in `folder`, which is also its home, and wait for it.

    The peak is that of the largest process of the family (`ru_maxrss` of wait4).
    """
    for leftover in contestant.leftovers:
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)
    environment = os.environ | {
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    # The warm-up compiles modules for the rounds that count, as an installation does.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with (folder / "last-run.log").open("wb") as log:
        start = time.perf_counter()
        child = subprocess.Popen(
            contestant.command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    done = child.returncode in contestant.expected
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, done)


def compare(
    contestants: list[Contestant],
    folder: Path,
    *,
    rounds: int,
    warm_ups: int = 1,
    before: Callable[[], None] = lambda: None,
) -> dict[str, list[Run]]:
    """Let the contestants take turns; runs of the warm-up rounds are thrown away."""
    runs: dict[str, list[Run]] = {contestant.name: [] for contestant in contestants}
    for turn in range(warm_ups + rounds):
        for contestant in contestants:
            before()
            run = run_once(contestant, folder)
            if not run.done and turn == 0:
                said = (folder / "last-run.log").read_bytes()[-2000:].decode("utf-8", "backslashreplace")
                print(f"{contestant.name} failed:\n{said}", file=sys.stderr)
            if turn >= warm_ups:
                runs[contestant.name].append(run)
    return runs


def print_table(
    runs: Mapping[str, list[Run]],
    baseline: str,
    *,
    units: float,
    unit: str,
) -> None:
    """Print medians per contestant, and the ratios of its wall and processor times to the baseline's."""
    rate, ratio = f"{unit}/s", f"x {baseline}"
    print(
        f"{'':<34}{'wall s':>9}{rate:>10}{'peak MB':>9}"
        f"{ratio:>12}{'(least - most)':>18}{'cpu s':>9}{ratio:>12}"
    )
    for name, own in runs.items():
        if not all(run.done for run in own):
            print(f"{name:<34}   failed")
            continue
        walls = _ratios(own, runs[baseline], lambda run: run.wall)
        wall = statistics.median(run.wall for run in own)
        spread = f"({walls[0]:.2f} - {walls[-1]:.2f})"
        processor = statistics.median(run.processor for run in own)
        processors = _ratios(own, runs[baseline], lambda run: run.processor)
        print(
            f"{name:<34}{wall:>9.2f}{units / wall:>10.1f}{max(run.peak for run in own) / 1e6:>9.0f}"
            f"{statistics.median(walls):>12.2f}{spread:>18}"
            f"{processor:>9.2f}{statistics.median(processors):>12.2f}"
        )


def print_ratio(runs: Mapping[str, list[Run]], name: str, other: str, remark: str) -> None:
    """Print how one contestant compares with another in the same rounds, if both ran."""
    if not all(run.done for each in (name, other) for run in runs.get(each, [Run(0, 0, 0, done=False)])):
        return
    walls = _ratios(runs[name], runs[other], lambda run: run.wall)
    processors = _ratios(runs[name], runs[other], lambda run: run.processor)
    print(
        f"{name} : {other}: wall {statistics.median(walls):.2f} ({walls[0]:.2f} - {walls[-1]:.2f}), "
        f"cpu {statistics.median(processors):.2f}; {remark}"
    )


def _ratios(own: list[Run], base: list[Run], figure: Callable[[Run], float]) -> list[float]:
    return sorted(figure(run) / max(figure(other), 1e-3) for run, other in zip(own, base, strict=True))


def print_machine(rounds: int) -> None:
    """Say what the figures were taken on."""
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    print(f"{os.cpu_count()} processors, load {load} at the start; rounds: {rounds}")
    print("Python " + sys.version.split()[0] + (f"; {NOISE}" if NOISE else ""))


def present(*names: str) -> dict[str, str]:
    """Return the paths of those programs that are installed; say which aren't."""
    found = {name: path for name in names if (path := shutil.which(name))}
    for name in names:
        if name not in found:
            print(f"{name}: not installed, left out")
    return found


def arguments(description: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--dir", type=Path, help="where to put generated data (default: a temporary folder)")
    parser.add_argument("--rounds", type=int, default=rounds, help="measured rounds (default: %(default)s)")
    return parser


@contextmanager
def workspace(parent: Path | None) -> Iterator[Path]:
    """Yield a new folder, and remove it with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="scrubkit-bench-", dir=parent) as folder:
        yield Path(folder)


def forget(*paths: Path) -> None:
    """Drop files from the page cache, so that the next run reads them from the disk."""
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
