"""What phones, cameras and editors leave in a movie besides the recording, with a secret in each place."""

from __future__ import annotations

from .boxes import box, full, u8, u16, u32, u64

XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def text(kind: bytes, secret: bytes) -> bytes:
    """A QuickTime international text item: length, language, text."""
    return box(kind, u16(len(secret), 0x15C7), secret)


def user_data(secret: bytes) -> bytes:
    """A `udta` as phones, action cameras and drones fill it; ends as QuickTime does, with four zeros."""
    return box(
        b"udta",
        text(b"\xa9xyz", secret),
        text(b"\xa9mak", secret),
        text(b"\xa9day", secret),
        full(b"loci", 0, 0, u16(0x55C4), secret, b"\0", u8(0), u32(1, 2, 3), b"earth\0\0"),
        box(b"CAME", secret),
        box(b"SDLN", b"SEQ_PLAY"),
        box(b"smta", full(b"mdln", 0, 0, secret)),
        box(b"GPMF", b"DEVC", secret),
        full(b"meta", 0, 0, box(b"hdlr", u32(0, 0), b"mdirappl", bytes(9)), tags(secret)),
        u32(0),
    )


def tags(secret: bytes) -> bytes:
    """An `ilst` of the iTunes kind."""
    data = full(b"data", 0, 1, u32(0), secret)
    free_form = box(b"----", full(b"mean", 0, 0, b"com.apple.iTunes"), full(b"name", 0, 0, secret), data)
    return box(b"ilst", box(b"\xa9too", data), box(b"covr", data), free_form)


def keys(secret: bytes) -> bytes:
    """A QuickTime `meta` of named keys: no version field, and `mdta` as its handler."""
    name = b"com.apple.quicktime.location.ISO6709"
    return box(
        b"meta",
        full(b"hdlr", 0, 0, u32(0), b"mdta", bytes(12), b"\0"),
        full(b"keys", 0, 0, u32(1), box(b"mdta", name)),
        box(b"ilst", box(u32(1), full(b"data", 0, 1, u32(0), secret))),
    )


def xmp(secret: bytes) -> bytes:
    return box(b"uuid", XMP, b"<x:xmpmeta>", secret)


def c2pa(secret: bytes) -> bytes:
    return box(b"uuid", C2PA, bytes(4), b"manifest\0", u64(0), secret)


def groups(secret: bytes) -> bytes:
    """Sample groups and auxiliary tables that players ignore (14496-12 §8.9, §8.7)."""
    return b"".join(
        (
            full(b"sgpd", 1, 0, b"cinf", u32(len(secret), 1), secret),
            full(b"sbgp", 0, 0, b"cinf", u32(1, 1, 1)),
            full(b"sdtp", 0, 0, secret),
            full(b"cslg", 0, 0, u32(0, 0, 0, 0, 0)),
            full(b"subs", 0, 0, u32(1, 1), u16(1), u16(len(secret)), u8(0, 0), u32(0)),
            full(b"saiz", 0, 1, secret[:4], u32(0), u8(0), u32(0)),
            full(b"saio", 0, 1, secret[:4], u32(0, 0)),
        )
    )


def aperture(secret: bytes) -> bytes:
    """The `tapt` of Apple's capture, with a tail."""
    size = u32(64 << 16, 48 << 16)
    return box(
        b"tapt", full(b"clef", 0, 0, size), full(b"prof", 0, 0, size), full(b"enof", 0, 0, size, secret)
    )


def everywhere(secret: bytes) -> dict[str, bytes]:
    """For each place of a `Layout.inside`, what may be found there in the wild."""
    return {
        "moov": user_data(secret) + keys(secret) + xmp(secret) + full(b"iods", 0, 0, secret),
        "trak": user_data(secret) + keys(secret) + aperture(secret) + box(b"load", bytes(16)),
        "mdia": box(b"udta", text(b"\xa9nam", secret)) + full(b"elng", 0, 0, secret, b"\0"),
        "minf": box(b"free", secret),
        "dinf": box(b"free", secret),
        "edts": box(b"free", secret),
        "stbl": groups(secret),
    }


def live(secret: bytes) -> bytes:
    """What live recorders put before a fragment: the wall clock, and events."""
    clock = full(b"prft", 1, 0, u32(1), secret[:8].ljust(8, b"\0"), u64(0))
    event = full(b"emsg", 0, 0, b"urn:" + secret + b"\0", secret + b"\0", u32(1000, 0, 0, 1), secret)
    return clock + event


def smooth(secret: bytes) -> bytes:
    """`tfxd`: the absolute stream time of a fragment."""
    return box(b"uuid", bytes.fromhex("6d1d9b0542d544e680e2141daff757b2"), u32(1 << 24), u64(7, 8), secret)


def samsung_trailer(secret: bytes) -> bytes:
    record = b"\0\0\x01\x0a" + u32(14)[::-1] + b"Image_UTC_Data" + secret
    index = b"SEFH" + u32(107)[::-1] + u32(1)[::-1] + bytes(12)
    return record + index + u32(len(index))[::-1] + b"SEFT"
