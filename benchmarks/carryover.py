"""What the carry-over search costs beside reading and copying the same file.

    python benchmarks/carryover.py [--size 1024] [--needles 2000] [--rounds 5] [--dir FOLDER]

The file is noise, as coded pictures are, so that headers of compressed streams and
zero bytes turn up as often as they do there.  A small file shows the fixed cost:
expanding the values and compiling them.  With `--once FILE` it searches once (the
contestants call it so).
"""

from __future__ import annotations

import random
import resource
import sys
import time
from itertools import pairwise
from pathlib import Path

from measure import Contestant, arguments, compare, print_machine, print_table, workspace

from scrubkit.carryover import engine, inside, search_file
from scrubkit.carryover.forms import Form
from scrubkit.carryover.meaning import plan
from scrubkit.model import Kind, Value
from scrubkit.source import Source

BASELINE = "cat"


def values(count: int) -> list[Value]:
    """Serial numbers, words and raw stretches, as an original gives them."""
    dice = random.Random(4)
    found = []
    for i in range(count):
        if i % 3:
            text = "".join(dice.choices("abcdefghijklmnopqrstuvwxyz0123456789-", k=dice.randint(8, 24)))
            found.append(Value("residue", "x", Kind.SERIAL, text))
        else:
            found.append(Value("residue", "x", Kind.TELEMETRY, dice.randbytes(20)))
    return found


def once(path: Path, needles: int, *, expand: bool) -> None:
    """Search a file once: for so many values in all encodings, or for so many needles."""
    if expand:
        found = search_file(values(needles), path)
        assert not found.carried
        return
    size = path.stat().st_size
    plain = [(value, Form("x", raw(value))) for value in values(needles)]
    finder = engine.Finder(plan(plain, size).whole, size)
    with Source(path) as source:
        for _, block in engine.blocks_of(source, finder.overlap):
            finder.find(block)


def raw(value: Value) -> bytes:
    return value.untrusted if isinstance(value.untrusted, bytes) else value.untrusted.encode()


def timed(path: Path, count: int) -> None:
    """Print where the processor time of one small search goes."""
    from scrubkit.carryover.search import _candidates, _with_escapes

    found = values(count)
    size = path.stat().st_size
    steps = [time.process_time()]
    planned = plan(_candidates(found, ()), size)
    needles = _with_escapes(planned.whole)
    steps.append(time.process_time())
    engine.Finder(needles, size)
    steps.append(time.process_time())
    inside.Work(size)
    steps.append(time.process_time())
    search_file(found, path)
    steps.append(time.process_time())
    expand, compiled, headers, whole = (1000 * (b - a) for a, b in pairwise(steps))
    print(
        f"{count} values, {len(needles)} needles, {size / 1e6:.1f} MB: expand {expand:.1f} ms, "
        f"compile {compiled:.1f} ms, headers {headers:.1f} ms; all of it {whole:.1f} ms"
    )


def main() -> None:
    parser = arguments(__doc__, rounds=5)
    parser.add_argument("--size", type=int, default=1024, help="MiB (default: %(default)s)")
    parser.add_argument("--needles", type=int, default=2000)
    parser.add_argument("--once", type=Path)
    parser.add_argument("--expand", action="store_true")
    options = parser.parse_args()
    if options.once:
        once(options.once, options.needles, expand=options.expand)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    with workspace(options.dir) as folder:
        large, small = folder / "large", folder / "small"
        dice = random.Random(1)
        small.write_bytes(dice.randbytes(3 << 20))
        with large.open("wb") as file:
            for _ in range(options.size):
                file.write(dice.randbytes(1 << 20))
        own = (sys.executable, str(Path(__file__)), "--needles", str(options.needles), "--once", str(large))
        contestants = [
            Contestant(BASELINE, ("sh", "-c", f"cat {large} >/dev/null")),
            Contestant("cp", ("cp", str(large), str(folder / "copy")), (folder / "copy",)),
            Contestant(f"bytes only, {options.needles} needles", own),
            Contestant(f"all of it, {options.needles} values", (*own, "--expand")),
        ]
        print_machine(options.rounds)
        runs = compare(contestants, folder, rounds=options.rounds)
        print_table(runs, BASELINE, units=options.size * 1.048576, unit="MB")
        for count in (30, 150, 600):
            timed(small, count)


if __name__ == "__main__":
    main()
