"""Writes the clean form of a movie to a file, with or without a look into its samples.

    python benchmarks/remux.py MOVIE OUT [--plain]

With `--plain` samples cross as they are, under the same new structure.  The difference
is what the filters cost.  Nothing is verified, and the file is on the disk at the end.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from scrubkit import formats, pieces
from scrubkit.intake.heap import keep_freed
from scrubkit.model import Policy
from scrubkit.source import Source
from scrubkit.staged import Staged


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("movie", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    # As the workers of a run do.
    keep_freed()
    policy = Policy()
    with Source(options.movie) as source:
        found = formats.identify(source.read(0, min(source.size, formats.HEAD)))
        assert found is not None
        essence = found.read(source, policy).essence
        write = found.outline if options.plain else found.write
        with Staged(options.out, source.size) as sink:
            pieces.copy(write(essence, policy), essence.payload, sink)
            sink.settle()


if __name__ == "__main__":
    main()
