"""How long cleaning and auditing a large movie take, beside `cp` and beside other tools.

    python benchmarks/movie.py [--size 1GiB] [--sparse-size 10GiB] [--rounds 5] [--cold] [--dir FOLDER]

Two tables: an H.264 movie with sound, whose samples are walked, and a much larger
ProRes movie made of holes, which shows whether memory grows with the file.
`cp` is followed by `sync`, since scrubkit does not report a file before it is on
the disk.  The other tools do less: they are there for scale, not as equals.
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
    print_table,
    workspace,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BASELINE = "cp"
IDENTIFYING = 3


def generate(path: Path, size: int, *, sparse: bool = False) -> None:
    """Write the movie in a process of its own, so that its memory isn't counted as ours."""
    script = Path(__file__).with_name("make_movie.py")
    kind = ["--sparse"] if sparse else []
    subprocess.run([sys.executable, str(script), str(path), "--size", str(size), *kind], check=True)


def contestants(movie: Path, folder: Path, tools: Mapping[str, str]) -> list[Contestant]:
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
        found += [
            Contestant("ffmpeg -c copy", (*ffmpeg, str(copy)), (copy,)),
            Contestant(
                "ffmpeg -c copy, SEI filtered",
                (*ffmpeg, "-bsf:v", "filter_units=remove_types=6", str(copy)),
                (copy,),
            ),
        ]
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


def main() -> None:
    parser = arguments(__doc__, rounds=5)
    parser.add_argument("--size", type=parse_size, default=1 << 30, help="of the H.264 movie (default: 1GiB)")
    parser.add_argument(
        "--sparse-size", type=parse_size, default=10 << 30, help="0 leaves it out (default: 10GiB)"
    )
    parser.add_argument(
        "--cold", action="store_true", help="drop the source from the page cache before each run"
    )
    options = parser.parse_args()
    tools = present("ffmpeg", "exiftool")
    with workspace(options.dir) as folder:
        movie = folder / "source.mov"
        generate(movie, options.size)
        size = movie.stat().st_size
        print(
            f"\nH.264 and AAC, {size / 1e6:.0f} MB; unit MB; "
            + ("cold" if options.cold else "in the page cache")
        )
        print_machine(options.rounds)
        runs = compare(
            contestants(movie, folder, tools),
            folder,
            rounds=options.rounds,
            before=(lambda: forget(movie)) if options.cold else (lambda: None),
        )
        print_table(runs, BASELINE, units=size / 1e6, unit="MB")
        movie.unlink()
        (folder / "copy.mov").unlink(missing_ok=True)
        shutil.rmtree(folder / "own", ignore_errors=True)

        if not options.sparse_size or shutil.disk_usage(folder).free < 3 * options.sparse_size:
            print("\nthe movie of holes: left out" + (", for want of space" if options.sparse_size else ""))
            return
        generate(movie, options.sparse_size, sparse=True)
        size = movie.stat().st_size
        print(f"\nProRes and PCM, mostly holes, {size / 1e6:.0f} MB; unit MB; one round")
        runs = compare(
            [one for one in contestants(movie, folder, tools) if "filtered" not in one.name],
            folder,
            rounds=1,
            warm_ups=0,
        )
        print_table(runs, BASELINE, units=size / 1e6, unit="MB")


if __name__ == "__main__":
    main()
