"""How many photos a second are cleaned, beside other tools.

    python benchmarks/photos.py [--count 500] [--rounds 3] [--dir FOLDER]

The photos are noise over a gradient, coded by Pillow to about 3 MB each, with an
invented maker, model, date and position.  A few are made and the rest are copies
whose Exif differ, since coding is slow and nobody compares pictures.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from measure import SCRUBKIT, Contestant, arguments, compare, present, print_machine, print_table, workspace

BASELINE = "cp"
DIFFERENT = 8
WIDTH, HEIGHT = 4032, 3024


def make_photos(folder: Path, count: int) -> None:
    """Write `count` JPEGs of about 3 MB."""
    import numpy as np
    import piexif
    from PIL import Image

    draw = np.random.default_rng(0x5C0B)
    coded = []
    for number in range(DIFFERENT):
        ramp = np.linspace(0, 200, WIDTH)[None, :, None] * np.linspace(0.5, 1, HEIGHT)[:, None, None]
        noise = draw.normal(number, 13, (HEIGHT, WIDTH, 3))
        pixels = np.clip(ramp + noise, 0, 255).astype("uint8")
        path = folder / "pattern.jpg"
        Image.fromarray(pixels).save(path, quality=82, subsampling="4:2:0")
        coded.append(path.read_bytes())
        path.unlink()
    for number in range(count):
        date = f"2024:05:31 11:{number // 60:02}:{number % 60:02}"
        exif = piexif.dump(
            {
                "0th": {
                    piexif.ImageIFD.Make: b"Example",
                    piexif.ImageIFD.Model: b"Example Phone 1",
                    piexif.ImageIFD.Orientation: 6,
                },
                "Exif": {piexif.ExifIFD.DateTimeOriginal: date.encode()},
                "GPS": {
                    piexif.GPSIFD.GPSLatitudeRef: b"N",
                    piexif.GPSIFD.GPSLatitude: ((12, 1), (34, 1), (number, 100)),
                },
            }
        )
        piexif.insert(exif, coded[number % DIFFERENT], str(folder / f"IMG_{number:04}.JPG"))


def main() -> None:
    parser = arguments(__doc__, rounds=3)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--make", type=Path, metavar="FOLDER", help="only write the photos there")
    options = parser.parse_args()
    if options.make:
        make_photos(options.make, options.count)
        return
    tools = present("exiftool", "mat2")
    with workspace(options.dir) as folder:
        photos = folder / "DCIM"
        photos.mkdir()
        # A process of its own, so that its memory isn't counted as that of the commands.
        command = [sys.executable, __file__, "--make", str(photos), "--count", str(options.count)]
        subprocess.run(command, check=True)
        size = sum(path.stat().st_size for path in photos.iterdir())
        copy, own = folder / "copy", folder / "own"
        contestants = [
            Contestant(
                BASELINE,
                ("sh", "-c", 'cp -r "$1" "$2" && sync "$2"/*', "sh", str(photos), str(copy)),
                (copy,),
            ),
            *(
                Contestant(
                    f"scrubkit clean -j{jobs}",
                    (SCRUBKIT, "clean", str(photos), "-o", str(own / "out"), f"-j{jobs}"),
                    (own,),
                )
                for jobs in (1, 2)
            ),
        ]
        if "exiftool" in tools:
            exiftool = (tools["exiftool"], "-q", "-all=", "-o", f"{copy}/", str(photos))
            contestants.append(Contestant("exiftool -all=", exiftool, (copy,)))
        if "mat2" in tools:
            script = 'cp -r "$1" "$2" && "$3" --inplace "$2"/*'
            mat2 = ("sh", "-c", script, "sh", str(photos), str(copy), tools["mat2"])
            contestants.append(Contestant("mat2", mat2, (copy,)))
        print(f"\n{options.count} JPEGs, {size / 1e6:.0f} MB together; unit photos")
        print_machine(options.rounds)
        runs = compare(contestants, folder, rounds=options.rounds)
        print_table(runs, BASELINE, units=options.count, unit="photos")


if __name__ == "__main__":
    main()
