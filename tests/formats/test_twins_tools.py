"""Stills by the small programs of coding libraries: heif-enc, cwebp, webpmux, gifsicle, optipng."""

from __future__ import annotations

import io
import tempfile
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

import support
import writers
from scrubkit.selftest import holds
from scrubkit.specimens.builders import jpeg

from . import stills
from . import test_heif_writers as by_pillow

SECRET = "Q7ZK31xSecretWord"
"""Stands for all that is written into a file; no real value."""

NEEDLE = SECRET.encode()
PACKET = jpeg.packet(b'a="' + NEEDLE + b'"')

Words = tuple[str, ...]


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = SECRET
    return bytes(exif.tobytes())


def _png(mode: str, *, worded: bool, profile: bytes = b"") -> bytes:
    """A picture that says nothing beside its pixels, or a lot."""
    out = io.BytesIO()
    texts = PngImagePlugin.PngInfo()
    more: dict[str, object] = {"icc_profile": profile} if profile else {}
    if worded:
        texts.add_itxt("XML:com.adobe.xmp", PACKET.decode())
        texts.add_text("Comment", SECRET)
        more["exif"] = _exif()
    by_pillow.picture(mode).resize((64, 48)).save(out, "PNG", pnginfo=texts, **more)
    return out.getvalue()


def _moving(kind: str, mode: str, **options: object) -> bytes:
    out = io.BytesIO()
    first = by_pillow.picture(mode).resize((64, 48))
    others = [first.rotate(90), first.rotate(180)]
    times = [100, 200, 70]
    first.save(out, kind, save_all=True, append_images=others, duration=times, loop=2, **options)
    return out.getvalue()


@cache
def _profiles() -> tuple[bytes, bytes]:
    """Two profiles of the same colours."""
    wide, curve = jpeg.WIDE, jpeg.gamma(1.8)
    return jpeg.profile(wide, curve), jpeg.profile(wide, curve, words=NEEDLE)


@cache
def _inputs() -> dict[str, bytes]:
    plain, worded = _profiles()
    return {
        **{f"{mode}.png": _png(mode, worded=False) for mode in ("RGB", "RGBA")},
        **{f"{mode}-worded.png": _png(mode, worded=True) for mode in ("RGB", "RGBA")},
        **{f"{mode}-wide.png": _png(mode, worded=False, profile=plain) for mode in ("RGB", "RGBA")},
        **{f"{mode}-wide-worded.png": _png(mode, worded=True, profile=worded) for mode in ("RGB", "RGBA")},
        "packet.xmp": PACKET,
        "block.exif": _exif().removeprefix(b"Exif\0\0"),
        "plain.icc": plain,
        "worded.icc": worded,
        "moving.webp": _moving("WEBP", "RGB"),
        "moving-clear.webp": _moving("WEBP", "RGBA", lossless=True),
        "moving.gif": _moving("GIF", "RGB"),
        "moving-clear.gif": _moving("GIF", "RGBA", disposal=2),
    }


@cache
def written(title: str, *words: str) -> bytes:
    """What a program writes; `out` in its words stands for the file."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, held in _inputs().items():
            (folder / name).write_bytes(held)
        writers.run(title, *words, folder=folder)
        (found,) = folder.glob("out.*")
        return found.read_bytes()


def twins(one: bytes, other: bytes, folder: Path) -> None:
    """Of which the first says a lot."""
    assert holds(one, NEEDLE)
    out, expected = support.cleaned(folder, one), support.cleaned(folder, other)
    assert not holds(out, NEEDLE)
    assert out == expected, support.first_difference(out, expected)


HEIF: dict[str, Words] = {
    "": (),
    "lossless": ("-L", "-p", "chroma=444", "--matrix_coefficients=0"),
    "low quality": ("-q", "20"),
    "without alpha": ("--no-alpha",),
    "premultiplied": ("--premultiplied-alpha",),
    "limited range": ("--full_range_flag", "0"),
}


@writers.needs(writers.HEIF_ENC)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("kind", ["heic", "avif"])
@pytest.mark.parametrize("option", HEIF.values(), ids=HEIF)
def test_what_heif_enc_adds_leaves_no_trace(option: Words, kind: str, mode: str, tmp_path: Path) -> None:
    """Exif, XMP and a thumbnail."""
    plain = written(writers.HEIF_ENC, f"{mode}.png", "-o", f"out.{kind}", *option)
    worded = written(writers.HEIF_ENC, f"{mode}-worded.png", "-o", f"out.{kind}", *option, "-t", "32")
    twins(worded, plain, tmp_path)
    out = support.cleaned(tmp_path, plain)
    assert support.differences(support.decoded_still(plain), support.decoded_still(out)) == []


@writers.needs(writers.HEIF_ENC)
@pytest.mark.parametrize("kind", ["heic", "avif"])
@pytest.mark.parametrize("more", [(), ("--enable-two-colr-boxes",)], ids=["one", "two"])
def test_of_a_profile_by_heif_enc_only_its_colours_tell(kind: str, more: Words, tmp_path: Path) -> None:
    words = ("-o", f"out.{kind}", *more)
    plain = written(writers.HEIF_ENC, "RGB-wide.png", *words)
    twins(written(writers.HEIF_ENC, "RGB-wide-worded.png", *words), plain, tmp_path)
    out = support.cleaned(tmp_path, plain)
    assert support.differences(support.decoded_still(plain), support.decoded_still(out)) == []


@writers.needs(writers.HEIF_ENC)
@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_another_picture_in_the_same_file_stays_behind(kind: str, tmp_path: Path) -> None:
    alone = written(writers.HEIF_ENC, "RGB.png", "-o", f"out.{kind}")
    both = written(writers.HEIF_ENC, "RGB.png", "RGBA-worded.png", "-o", f"out.{kind}")
    twins(both, alone, tmp_path)


WEBP: dict[str, Words] = {
    "": (),
    "lossless": ("-lossless",),
    "exact": ("-lossless", "-exact"),
    "low quality": ("-q", "20", "-alpha_q", "10"),
    "near lossless": ("-near_lossless", "30"),
    "plain alpha": ("-alpha_method", "0"),
    "without alpha": ("-noalpha",),
    "sharp": ("-sharp_yuv", "-m", "6"),
}


@writers.needs(writers.CWEBP)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("option", WEBP.values(), ids=WEBP)
def test_what_cwebp_adds_leaves_no_trace(option: Words, mode: str, tmp_path: Path) -> None:
    plain = written(writers.CWEBP, *option, f"{mode}.png", "-o", "out.webp")
    worded = written(writers.CWEBP, "-metadata", "exif,xmp", *option, f"{mode}-worded.png", "-o", "out.webp")
    twins(worded, plain, tmp_path)
    out = support.cleaned(tmp_path, plain)
    assert support.differences(support.decoded_still(plain), support.decoded_still(out)) == []


MUXED = ("moving.webp", "moving-clear.webp")


@writers.needs(writers.WEBPMUX)
@pytest.mark.parametrize("name", MUXED)
@pytest.mark.parametrize("block", [("xmp", "packet.xmp"), ("exif", "block.exif")], ids=["xmp", "exif"])
def test_what_webpmux_adds_leaves_no_trace(name: str, block: tuple[str, str], tmp_path: Path) -> None:
    twins(written(writers.WEBPMUX, "-set", *block, name, "-o", "out.webp"), _inputs()[name], tmp_path)


@writers.needs(writers.WEBPMUX)
@pytest.mark.parametrize("name", MUXED)
def test_of_a_profile_by_webpmux_only_its_colours_tell(name: str, tmp_path: Path) -> None:
    plain, worded = (
        written(writers.WEBPMUX, "-set", "icc", f"{which}.icc", name, "-o", "out.webp")
        for which in ("plain", "worded")
    )
    twins(worded, plain, tmp_path)


GIFS: dict[str, Words] = {
    "": (),
    "optimised": ("-O3",),
    "not optimised": ("-U",),
    "interlaced": ("--interlace",),
    "few colours": ("--colors", "7"),
    "lossy": ("--lossy=80",),
    "careful": ("--careful",),
    "other times": ("--delay", "3", "--loopcount=9"),
    "larger": ("--logical-screen", "90x90", "--position", "3,4"),
    "previous": ("--disposal", "previous"),
}

SAID: Words = (
    *("--comment", SECRET, "--name", f"#{SECRET}", "--extension", "77", SECRET),
    *("--app-extension", "Q7ZK31xSecr", SECRET),
)


@writers.needs(writers.GIFSICLE)
@pytest.mark.parametrize("name", ["moving.gif", "moving-clear.gif"])
@pytest.mark.parametrize("option", GIFS.values(), ids=GIFS)
def test_what_gifsicle_adds_leaves_no_trace(option: Words, name: str, tmp_path: Path) -> None:
    plain = written(writers.GIFSICLE, *option, name, "-o", "out.gif")
    twins(written(writers.GIFSICLE, *option, *SAID, name, "-o", "out.gif"), plain, tmp_path)
    assert stills.frames(support.cleaned(tmp_path, plain)) == stills.frames(plain)


PNGS: dict[str, Words] = {"": ("-o1",), "interlaced": ("-o1", "-i1"), "small window": ("-o1", "-zw", "256")}


@writers.needs(writers.OPTIPNG)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("option", PNGS.values(), ids=PNGS)
def test_what_optipng_leaves_in_place_leaves_no_trace(option: Words, mode: str, tmp_path: Path) -> None:
    words = ("-out", "out.png", f"{mode}-worded.png")
    worded = written(writers.OPTIPNG, *option, *words)
    twins(worded, written(writers.OPTIPNG, *option, "-strip", "all", *words), tmp_path)
    assert stills.pixels(support.cleaned(tmp_path, worded)) == stills.pixels(worded)
