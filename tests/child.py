"""Run in a child process: audit and clean the files named on the command line, a JSON line for each.

The parent reads what each cost; a traceback on standard error is a failure of the test.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from scrubkit.audit import audit_file
from scrubkit.clean import clean_file


def peak() -> int:
    """Most bytes ever resident; `ru_maxrss` would also count what the parent held when it forked."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


def main(paths: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target"
        for name in paths:
            begun = time.perf_counter()
            audited = audit_file(Path(name))
            cleaned = clean_file(Path(name), target)
            row = {
                "path": name,
                "audit": audited.verdict.value,
                "verdict": cleaned.verdict.value,
                "code": cleaned.problem.code if cleaned.problem else "",
                "problem": str(cleaned.problem or ""),
                "output": target.exists(),
                "seconds": time.perf_counter() - begun,
                "peak": peak(),
            }
            target.unlink(missing_ok=True)
            row["left"] = len(list(Path(folder).iterdir()))
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
