"""How long cleaning and auditing a large movie take, beside `cp` and beside other tools.

    python benchmarks/movie.py [--kinds phone,hevc,prores,holes] [--size 1GiB] [--hole-size 10GiB]
                               [--rounds 5] [--cold] [--dir FOLDER]

Four movies (see `make_movie.py`): H.264 and H.265 as phones record it, ProRes, whose
frames have a thousand parts each, and ten times as much PCM, which shows whether memory grows
with the file.  `cp` is followed by `sync`, since scrubkit does not report a file
before it is on the disk.  The other tools do less: they are there for scale, not
as equals.

For H.264 and H.265 the same run also measures the writer alone (`remux.py`), with and
without its filters, and prints what a look into every sample costs over a plain copy
(at most 25 % is wanted), and beside FFmpeg's `filter_units` (at most a quarter of its
time is wanted).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from make_movie import parse_size
from measure import (
    SCRUBKIT,
    Contestant,
    arguments,
    compare,
    forget,
    present,
    print_machine,
    print_ratio,
    print_table,
    workspace,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BASELINE = "cp"
PLAIN, FILTERED = "remux, samples as they are", "remux, samples filtered"
UNITS = "ffmpeg -c copy, SEI filtered"
SEI_TYPES = {"phone": "6", "hevc": "39|40"}
"""NAL unit types of SEI, by kind of movie."""
IDENTIFYING = 3


def generate(path: Path, kind: str, size: int) -> None:
    """Write the movie in a process of its own, so that its memory isn't counted as ours."""
    script = str(Path(__file__).with_name("make_movie.py"))
    subprocess.run([sys.executable, script, str(path), "--kind", kind, "--size", str(size)], check=True)


def contestants(kind: str, movie: Path, folder: Path, tools: Mapping[str, str]) -> list[Contestant]:
    """Return the commands that take `movie` to a copy of some kind, the baseline first."""
    copy = folder / "copy.mov"
    own = folder / "own"
    found = [
        Contestant(
            BASELINE,
            ("sh", "-c", 'cp --sparse=never "$1" "$2" && sync "$2"', "sh", str(movie), str(copy)),
            (copy,),
        ),
        Contestant("scrubkit clean", (SCRUBKIT, "clean", str(movie), "-o", str(own / "out")), (own,)),
        Contestant(
            "scrubkit audit --verify structure",
            (SCRUBKIT, "audit", str(movie), "--verify", "structure"),
            expected=frozenset({IDENTIFYING}),
        ),
        Contestant(
            "scrubkit audit --verify payload",
            (SCRUBKIT, "audit", str(movie), "--verify", "payload"),
            expected=frozenset({IDENTIFYING}),
        ),
    ]
    if kind in SEI_TYPES:
        remux = (sys.executable, str(Path(__file__).with_name("remux.py")), str(movie), str(copy))
        found.append(Contestant(PLAIN, (*remux, "--plain"), (copy,)))
        found.append(Contestant(FILTERED, remux, (copy,)))
    if "ffmpeg" in tools:
        ffmpeg = (
            tools["ffmpeg"],
            "-nostdin",
            "-v",
            "quiet",
            "-y",
            "-i",
            str(movie),
            "-c",
            "copy",
            "-map_metadata",
            "-1",
        )
        found.append(Contestant("ffmpeg -c copy", (*ffmpeg, str(copy)), (copy,)))
        if kind in SEI_TYPES:
            filtered = (*ffmpeg, "-bsf:v", f"filter_units=remove_types={SEI_TYPES[kind]}", str(copy))
            found.append(Contestant(UNITS, filtered, (copy,)))
    if "exiftool" in tools:
        exiftool = (
            tools["exiftool"],
            "-q",
            "-all=",
            "-api",
            "largefilesupport=1",
            "-o",
            str(copy),
            str(movie),
        )
        found.append(Contestant("exiftool -all=", exiftool, (copy,)))
    return found


def measure(
    kind: str, movie: Path, folder: Path, tools: Mapping[str, str], *, rounds: int, cold: bool
) -> None:
    """Let the contestants take turns over one movie, and print their table."""
    size = movie.stat().st_size / 1e6
    print(f"{size:.0f} MB; unit MB; " + ("cold" if cold else "in the page cache where it fits"))
    print_machine(rounds)
    runs = compare(
        contestants(kind, movie, folder, tools),
        folder,
        rounds=rounds,
        warm_ups=min(rounds - 1, 1),
        before=(lambda: forget(movie)) if cold else (lambda: None),
    )
    print_table(runs, BASELINE, units=size, unit="MB")
    if kind in SEI_TYPES:
        print_ratio(runs, FILTERED, PLAIN, "at most 1.25 wanted")
        print_ratio(runs, FILTERED, UNITS, "at most 0.25 wanted")
    (folder / "copy.mov").unlink(missing_ok=True)
    shutil.rmtree(folder / "own", ignore_errors=True)


def main() -> None:
    parser = arguments(__doc__, rounds=5)
    parser.add_argument("--kinds", default="phone,hevc,prores,holes")
    parser.add_argument("--size", type=parse_size, default=1 << 30, help="of a movie (default: 1GiB)")
    parser.add_argument("--hole-size", type=parse_size, default=10 << 30, help="default: 10GiB; one round")
    parser.add_argument(
        "--cold", action="store_true", help="drop the source from the page cache before each run"
    )
    options = parser.parse_args()
    tools = present("ffmpeg", "exiftool")
    with workspace(options.dir) as folder:
        movie = folder / "source.mov"
        for kind in options.kinds.split(","):
            hollow = kind == "holes"
            size = options.hole_size if hollow else options.size
            print(f"\n{kind}: ", end="", flush=True)
            if shutil.disk_usage(folder).free < 3 * size:
                print("left out for want of space")
                continue
            generate(movie, kind, size)
            measure(kind, movie, folder, tools, rounds=1 if hollow else options.rounds, cold=options.cold)


if __name__ == "__main__":
    main()
