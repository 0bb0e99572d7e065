"""How many HEIC photos and PNG screenshots a second are cleaned, and what a huge picture costs in memory.

    python benchmarks/stills.py [--count 200] [--rounds 3] [--dir FOLDER]

The pictures are noise over a gradient, coded by Pillow and libheif to 2 to 3 MB each,
with an invented date and maker.  Every PNG differs in a pixel, for equal streams are
inflated once; of HEICs a few are made and the rest are copies whose Exif differ.  The
huge pictures have 200 million pixels.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from measure import SCRUBKIT, Contestant, arguments, compare, present, print_machine, print_table, workspace

BASELINE = "cp"
DIFFERENT = 4
LEVELS = ("structure", "payload", "readers")
HUGE = (20_000, 10_000)
"""Width and height of 200 megapixels."""


def make_stills(folder: Path, count: int, form: str) -> None:
    """Write `count` pictures of 2 to 3 MB; `form` is `heic` or `png`."""
    import numpy as np
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    width, height, spread = (4032, 3024, 5.5) if form == "heic" else (900, 1170, 24)
    draw = np.random.default_rng(0x5C0B)
    coded = []
    for number in range(DIFFERENT):
        ramp = np.linspace(0, 200, width)[None, :, None] * np.linspace(0.5, 1, height)[:, None, None]
        noise = draw.normal(number, spread, (height, width, 3))
        picture = Image.fromarray(np.clip(ramp + noise, 0, 255).astype("uint8"))
        exif = Image.Exif()
        exif[0x0110] = "Example Phone 1"
        exif[0x0132] = "2024:05:31 11:00:00"
        path = folder / f"pattern.{form}"
        if form == "png":
            for copy in range(number, count, DIFFERENT):
                picture.putpixel((copy, copy), (255, 0, 0))
                picture.save(folder / f"IMG_{copy:04}.PNG", exif=exif)
            continue
        picture.save(path, quality=54, exif=exif)
        coded.append(path.read_bytes())
        path.unlink()
    for number in range(count if coded else 0):
        date = f"2024:05:31 11:{number // 60:02}:{number % 60:02}".encode()
        data = coded[number % DIFFERENT].replace(b"2024:05:31 11:00:00", date)
        (folder / f"IMG_{number:04}.HEIC").write_bytes(data)


def make_huge(folder: Path) -> None:
    """Write one picture of 200 megapixels in each format that Pillow can write so large."""
    import numpy as np
    from PIL import Image

    row = np.random.default_rng(1).integers(0, 255, (256, HUGE[0], 3), dtype="uint8")
    picture = Image.fromarray(np.tile(row, (HUGE[1] // 256 + 1, 1, 1))[: HUGE[1]])
    picture.save(folder / "huge.png", compress_level=1)
    picture.save(folder / "huge.jpg", quality=80)
    picture.save(folder / "huge.tif", compression="tiff_adobe_deflate")
    picture.save(folder / "huge.bmp")


def made(folder: Path, *arguments: str) -> Path:
    """Make files in a process of its own, so that its memory isn't counted as that of the commands."""
    folder.mkdir()
    subprocess.run([sys.executable, __file__, "--make", str(folder), *arguments], check=True)
    return folder


def main() -> None:
    parser = arguments(__doc__, rounds=3)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="only write the pictures there")
    parser.add_argument("--form", default="", help="with --make: heic or png; huge ones without")
    options = parser.parse_args()
    if options.make:
        if options.form:
            make_stills(options.make, options.count, options.form)
        else:
            make_huge(options.make)
        return
    tools = present("exiftool")
    with workspace(options.dir) as folder:
        copy, own = folder / "copy", folder / "own"
        for form in ("heic", "png"):
            stills = made(folder / form, "--form", form, "--count", str(options.count))
            size = sum(path.stat().st_size for path in stills.iterdir())
            contestants = [
                Contestant(
                    BASELINE,
                    ("sh", "-c", 'cp -r "$1" "$2" && sync "$2"/*', "sh", str(stills), str(copy)),
                    (copy,),
                ),
                *(
                    Contestant(
                        f"scrubkit clean --verify {level}",
                        (SCRUBKIT, "clean", str(stills), "-o", str(own / "out"), "--verify", level),
                        (own,),
                    )
                    for level in LEVELS
                ),
            ]
            # ExifTool inflates every PNG in Perl, at 3 a second.
            if "exiftool" in tools and form == "heic":
                command = (tools["exiftool"], "-q", "-all=", "-o", f"{copy}/", str(stills))
                contestants.append(Contestant("exiftool -all=", command, (copy,)))
            print(f"\n{options.count} {form.upper()}s, {size / 1e6:.0f} MB together")
            print_machine(options.rounds)
            runs = compare(contestants, folder, rounds=options.rounds)
            print_table(runs, BASELINE, units=options.count, unit="pictures")
        huge = made(folder / "huge")
        contestants = [
            Contestant(
                f"{path.name}, {path.stat().st_size / 1e6:.0f} MB",
                (SCRUBKIT, "clean", str(path), "-o", str(own / "out"), "-j1", "--verify", "payload"),
                (own,),
            )
            for path in sorted(huge.iterdir())
        ]
        print("\nOne picture of 200 megapixels")
        runs = compare(contestants, folder, rounds=1)
        print_table(runs, contestants[0].name, units=1, unit="pictures")


if __name__ == "__main__":
    main()
