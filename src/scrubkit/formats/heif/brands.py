"""What the brands of a HEIF file say of it (ISO/IEC 23008-12 §10, AV1 Image File Format §6)."""

from __future__ import annotations

PICTURES = frozenset(
    {
        *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
        *(b"mif1", b"mif2", b"mif3", b"msf1", b"miaf", b"avif", b"avis", b"avci", b"avcs"),
        *(b"MiHB", b"MiHE", b"MiPr", b"MiHA", b"MA1A", b"MA1B", b"tmap", b"vvic", b"evic", b"1pic"),
    }
)
"""Brands of files that are stills, or sequences of pictures, before anything else."""

SEQUENCES = frozenset({b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})
"""Major brands that say that a sequence is meant, of codings that browsers don't show."""


def split(body: bytes) -> tuple[bytes, frozenset[bytes]]:
    """Return the major brand and the compatible ones that the body of an `ftyp` names."""
    return body[:4], frozenset(body[at : at + 4] for at in range(8, len(body) - 3, 4))


def animated(major: bytes, compatible: frozenset[bytes], *, header_first: bool) -> bool:
    """Whether browsers show the track of a file that holds an AV1 still too, as libavif does.

    They honour the major brands `avis` and `avif`.  With any other the track comes
    first, if they get to see it: they read on for it, behind the still, only if
    `avis` is among the brands.
    """
    if major in {b"avis", b"avif"}:
        return major == b"avis"
    return b"avis" in compatible or (b"avif" in compatible and header_first)
