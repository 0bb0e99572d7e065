"""What it costs to start: the version, and one small file.

python benchmarks/startup.py [--rounds 15] [--dir FOLDER]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from measure import SCRUBKIT, Contestant, arguments, compare, print_machine, print_table, workspace

BASELINE = "python"


def main() -> None:
    options = arguments(__doc__, rounds=15).parse_args()
    with workspace(options.dir) as folder:
        movie, own = folder / "source.mov", folder / "own"
        script = Path(__file__).with_name("make_movie.py")
        subprocess.run([sys.executable, str(script), str(movie), "--size", "1MiB"], check=True)
        contestants = [
            Contestant(BASELINE, (sys.executable, "-c", "pass")),
            Contestant("scrubkit --version", (SCRUBKIT, "--version")),
            Contestant(
                "scrubkit clean, a movie of 1 MiB",
                (SCRUBKIT, "clean", str(movie), "-o", str(own / "out")),
                (own,),
            ),
        ]
        print_machine(options.rounds)
        runs = compare(contestants, folder, rounds=options.rounds)
        print_table(runs, BASELINE, units=1, unit="runs")


if __name__ == "__main__":
    main()
