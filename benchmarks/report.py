"""A report over many files: how long it takes to write, how large it is, how soon Chromium shows it."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

from scrubkit.linkage import Groups
from scrubkit.model import (
    Check,
    Fate,
    FileReport,
    Finding,
    Job,
    Kind,
    Ledger,
    LedgerRow,
    Media,
    Outcome,
    Policy,
    Problem,
    Remaining,
    Residual,
    Trait,
    Verdict,
)
from scrubkit.report.document import About
from scrubkit.report.files import PAGE, Reports
from scrubkit.report.totals import Totals

CHECKS = ("fixed-point", "ledger", "residue", "essence", "carry-over", "reader-mediainfo", "reader-exiftool")


def entry(number: int) -> FileReport:
    """One file in fifty is refused."""
    if number % 50 == 0:
        return FileReport(Verdict.REFUSED, problem=Problem("malformed", 4, "moov/trak", "box-size", 33))
    left = 10_000 + number % 9_999
    rows = (
        LedgerRow("mdat", Fate.ESSENCE, 970_000 - left, 3, "h264/nal/1"),
        LedgerRow("moov", Fate.STRUCTURE, 30_000),
        LedgerRow("udta", Fate.RESIDUE, left),
    )
    return FileReport(
        Verdict.CLEANED,
        "isobmff",
        Media.CLIP,
        ".mp4",
        tuple(Check(name, Outcome.PASSED, "all of it") for name in CHECKS),
        tuple(Finding("moov/udta", kind, "value", 40, 0) for kind in (Kind.GPS, Kind.SERIAL, Kind.TIME)),
        (Remaining(Residual.CODED_PAYLOAD), Remaining(Residual.ENCODER_PARAMETERS)),
        Ledger(1_000_000, rows),
        traits=(Trait("frame size", "1920x1080" if number % 40 else "1280x720"),),
        output_name=f"clip-{number:06d}.mp4",
    )


def written(folder: Path, files: int) -> tuple[float, int]:
    """Write a report; return seconds and the bytes of the page."""
    folder.mkdir()
    begin = perf_counter()
    totals, groups = Totals(), Groups()
    with Reports(folder, None, "clean", Policy()) as reports:
        for number in range(1, files + 1):
            report = entry(number)
            totals.add(report)
            groups.add(number, report.media, report.traits)
            reports.add(Job(Path("/drive/x"), "x"), report)
        reports.finish(totals, complete=True, about=About(groups.linkage()))
    return perf_counter() - begin, (folder / PAGE).stat().st_size


def shown(chromium: str, address: str, profile: str) -> float:
    """Seconds from starting the browser to a picture of the page."""
    command = [
        *(chromium, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"),
        *(f"--screenshot={profile}/shot.png", address),
    ]
    begin = perf_counter()
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    return perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        tenth, small = written(folder / "tenth", files // 10)
        seconds, large = written(folder / "whole", files)
        print(f"{files // 10:>8} files: {tenth:6.2f} s, page of {small / 1e6:6.2f} MB")
        print(f"{files:>8} files: {seconds:6.2f} s, page of {large / 1e6:6.2f} MB")
        print(f"ratio {seconds / tenth:.1f} in time, {large / small:.1f} in size, for 10 times the files")
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        if chromium is None:
            print("no Chromium on this machine")
            return
        page = (folder / "whole" / PAGE).as_uri()
        for address, what in (("about:blank", "an empty page"), (page, f"{files} files")) * 2:
            print(f"Chromium shows {what} {shown(chromium, address, name):.2f} s after its start")


if __name__ == "__main__":
    main()
