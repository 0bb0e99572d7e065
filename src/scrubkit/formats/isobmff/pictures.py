"""Visual sample entries → `Picture` (ISO/IEC 14496-12 §12.1; QTFF).

An entry's codec configuration is rebuilt by `codecs`.  Child boxes that the model has
no field for stay behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from ...codecs import av1, h263, h264, hdr, hevc, mpeg2, mpeg2_headers, mpeg4, vc3, vp9
from ...codecs.colour import known
from ...codecs.descriptors import read_esds
from ...codecs.fitting import fitted
from ...errors import Encrypted, Malformed, Unsupported
from ...essence import Colour, DolbyVision, Picture
from ...model import Profile
from .boxes import unpack
from .descriptions import ENCRYPTED, Entry, child

if TYPE_CHECKING:
    from ...codecs.nal_syntax import Aside
    from ...model import Policy

_FINEST_ASPECT = 4096
_DOLBY_PROFILES = frozenset({4, 5, 7, 8, 9, 10})
_FIELD_ORDERS = frozenset({0, 1, 6, 9, 14})


def picture(entry: Entry, policy: Policy) -> Picture:
    """Read a visual entry; raises `Unsupported` for a coding without a place in the model."""
    make = _PICTURES.get(entry.type)
    if make is None:
        if entry.type in ENCRYPTED:
            raise Encrypted("stsd", "visual-entry")
        raise Unsupported("stsd", "visual-coding")
    if "sinf" in entry.children:
        raise Encrypted("stsd", "visual-entry")
    width, height, depth = unpack("24xHH46xH", entry.head, "stsd")
    found = make(entry, Picture("", entry.type, width, height, depth=_depth(entry.type, depth)))
    if not found.width or not found.height:
        raise Malformed("stsd", "picture-size")
    dolby = _dolby(entry, policy, found.codec) if found.codec in {"h264", "hevc", "av1"} else None
    return replace(
        found,
        colour=_colour(entry, found.colour),
        aspect=_aspect(entry, found.aspect),
        fields=_fields(entry),
        aperture=_aperture(entry, found),
        mastering=_static_metadata(entry, "mdcv", hdr.mastering_display) or found.mastering,
        light=_static_metadata(entry, "clli", hdr.light_level) or found.light,
        dolby=dolby,
        ambient="amve" in entry.children and bytes(entry.children["amve"].body) == hdr.AMBIENT,
        entry="dvh1" if found.codec == "hevc" and dolby is not None and dolby.profile == 5 else found.entry,
    )


def _depth(entry: str, depth: int) -> int:
    return 32 if depth == 32 and entry in {"ap4h", "ap4x"} else 24


def _h264(entry: Entry, base: Picture) -> Picture:
    return _nal_coded(replace(base, codec="h264", entry="avc1"), entry, h264.read_configuration, "avcC")


def _hevc(entry: Entry, base: Picture) -> Picture:
    return _nal_coded(replace(base, codec="hevc", entry="hvc1"), entry, hevc.read_configuration, "hvcC")


def _nal_coded(
    base: Picture, entry: Entry, read: Callable[[bytes], tuple[int, tuple[bytes, ...], Aside]], name: str
) -> Picture:
    length_size, found, aside = read(bytes(child(entry, name).body))
    return _with_sets(
        replace(
            base,
            length_size=length_size,
            parameter_sets=found or entry.sets,
            mastering=aside.mastering,
            light=aside.light,
        )
    )


def _with_sets(found: Picture) -> Picture:
    """Take size, aspect and colour from the parameter sets, if there are any yet."""
    if not found.parameter_sets:
        return found
    about = (h264 if found.codec == "h264" else hevc).describe(found.parameter_sets)
    return replace(fitted(found, about.width, about.height), aspect=about.aspect, colour=about.signalled)


def _av1(entry: Entry, base: Picture) -> Picture:
    body = bytes(child(entry, "av1C").body)
    if not body:  # FFmpeg leaves it empty where it had to write the header before the first picture
        return replace(base, codec="av1", entry="av01")
    config = av1.rebuild(body)
    found = replace(base, codec="av1", entry="av01", record=config.record)
    sequence = config.sequence
    if sequence is None:
        return found
    colour = Colour(*sequence.colour, sequence.full_range) if sequence.colour is not None else None
    return replace(fitted(found, sequence.width, sequence.height), colour=colour)


def _vpx(entry: Entry, base: Picture) -> Picture:
    config = vp9.rebuild(bytes(child(entry, "vpcC").body))
    colour = Colour(config.primaries, config.transfer, config.matrix, config.full_range)
    return replace(base, codec=entry.type.replace("0", ""), record=config.record, colour=known(colour))


_JPEG = 0x6C
"""Object type of ISO/IEC 10918-1 pictures."""


def _mpeg4(entry: Entry, base: Picture) -> Picture:
    stream = read_esds(child(entry, "esds").body[4:])
    if stream.object_type in mpeg2.OBJECT_TYPES:
        return _mpeg2(entry, base, stream.specific)
    if stream.object_type == _JPEG:
        return replace(base, codec="mjpeg", entry="jpeg")
    if stream.object_type != 0x20:
        raise Unsupported("esds", "visual-object-type")
    config = mpeg4.rebuild(stream.specific)
    return fitted(replace(base, codec="mpeg4", record=config.record), config.layer.width, config.layer.height)


def _mpeg2(_: Entry, base: Picture, specific: bytes | memoryview = b"") -> Picture:
    """Take what the headers say, if there are any yet; the samples have their own."""
    found = replace(base, codec="mpeg2", entry="mp4v")
    sequence = mpeg2.read_config(specific)
    if sequence is None:
        return found
    codec = "mpeg1" if sequence.extension is None else "mpeg2"
    record = mpeg2_headers.write_sequence(sequence)
    return fitted(replace(found, codec=codec, record=record), *sequence.size)


def _h263(entry: Entry, base: Picture) -> Picture:
    box = entry.children.get("d263")
    record = h263.rebuild(box.body).record if box is not None else h263.build(10, 0).record
    return replace(base, codec="h263", entry="s263", record=record)


def _vc3(entry: Entry, base: Picture) -> Picture:
    box = entry.children.get("ACLR")
    record = vc3.FULL_RANGE if box is not None and vc3.full_range(box.body) else b""
    return replace(base, codec="vc3", record=record)


_PICTURES: dict[str, Callable[[Entry, Picture], Picture]] = {
    **dict.fromkeys(("avc1", "avc2", "avc3", "avc4", "dva1", "dvav"), _h264),
    **dict.fromkeys(("hvc1", "hev1", "dvh1", "dvhe"), _hevc),
    **dict.fromkeys(("av01", "dav1"), _av1),
    **dict.fromkeys(("vp08", "vp09"), _vpx),
    "mp4v": _mpeg4,
    **dict.fromkeys(mpeg2.ENTRIES, _mpeg2),
    **dict.fromkeys(vc3.ENTRIES, _vc3),
    **dict.fromkeys(("s263", "h263"), _h263),
    **dict.fromkeys(("jpeg", "mjpa"), lambda _, base: replace(base, codec="mjpeg")),
    **dict.fromkeys(
        ("apco", "apcs", "apcn", "apch", "ap4h", "ap4x"), lambda _, base: replace(base, codec="prores")
    ),
}


def _colour(entry: Entry, stream: Colour | None) -> Colour | None:
    """What `colr` says, else what the stream says; `nclc` has no range, so that is the stream's."""
    box = entry.children.get("colr")
    found = None
    if box is not None and len(box.body) >= 10:
        primaries, transfer, matrix = unpack("4x3H", box.body, "stsd/colr")
        kind = bytes(box.body[:4])
        if kind == b"nclx" and len(box.body) >= 11:
            found = Colour(primaries, transfer, matrix, bool(box.body[10] & 0x80))
        elif kind == b"nclc":
            found = Colour(primaries, transfer, matrix, stream is not None and stream.full_range)
    return known(found) or known(stream)


def _aspect(entry: Entry, stream: tuple[int, int] | None) -> tuple[int, int] | None:
    """What `pasp` says, else what the stream says; square pixels are said only against the stream."""
    box = entry.children.get("pasp")
    found = stream
    if box is not None:
        across, down = unpack("II", box.body, "stsd/pasp")
        if across and down and Fraction(1, 8) <= Fraction(across, down) <= 8:
            found = Fraction(across, down).limit_denominator(_FINEST_ASPECT).as_integer_ratio()
    if found is None or (found == (1, 1) and stream in {None, (1, 1)}):
        return None
    return found


def _fields(entry: Entry) -> tuple[int, int] | None:
    box = entry.children.get("fiel")
    if box is None or len(box.body) < 2 or box.body[0] != 2 or box.body[1] not in _FIELD_ORDERS:
        return None
    return 2, box.body[1]


def _aperture(entry: Entry, found: Picture) -> tuple[int, int, int, int, int, int, int, int] | None:
    """A clean aperture that really crops: both sizes positive, inside the picture, offsets within it."""
    box = entry.children.get("clap")
    if box is None:
        return None
    values = unpack("IIIIiIiI", box.body, "stsd/clap")
    numerators, denominators = values[0::2], values[1::2]
    if not all(denominators):
        raise Malformed("stsd/clap", "denominator")
    # to half a pixel, the finest that any recorder needs; more digits would be room for a message
    halves = [round(Fraction(2 * n, d)) for n, d in zip(numerators, denominators, strict=True)]
    width, height, across, down = (Fraction(half, 2) for half in halves)
    if not (0 < width <= found.width and 0 < height <= found.height):
        return None
    if width == found.width and height == found.height:
        return None
    if abs(across) * 2 > found.width - width or abs(down) * 2 > found.height - height:
        return None
    return (
        *width.as_integer_ratio(),
        *height.as_integer_ratio(),
        *across.as_integer_ratio(),
        *down.as_integer_ratio(),
    )


def _static_metadata(entry: Entry, name: str, canonical: Callable[[bytes], bytes | None]) -> bytes:
    """The body of `mdcv` or `clli` in canonical form; nothing if it is none that is known."""
    box = entry.children.get(name)
    return (canonical(bytes(box.body)) or b"") if box is not None else b""


def _dolby(entry: Entry, policy: Policy, codec: str) -> DolbyVision | None:
    """What Dolby Vision says of a picture, if its data is kept.

    In AV1 it never is.  A picture that can't be shown without it (compatibility 0)
    is refused where it isn't.
    """
    box = next((entry.children[name] for name in ("dvcC", "dvvC", "dvwC") if name in entry.children), None)
    if box is None:
        return None
    _, _, word, low = unpack("BBHB", box.body, "stsd/dvcC")
    found = DolbyVision(word >> 9, word >> 3 & 63, bool(word & 4), bool(word & 2), bool(word & 1), low >> 4)
    is_known = found.profile in _DOLBY_PROFILES and 1 <= found.level <= 13 and found.compatibility <= 6
    if not (is_known and found.rpu and found.base):
        return None
    if policy.profile is not Profile.STRICT and codec != "av1":
        return found
    if not found.compatibility:
        raise Unsupported("stsd/dvcC", "picture-that-needs-dolby-vision")
    return None


def is_known(entry: Entry) -> bool:
    """Whether an entry's type is that of a coding of pictures."""
    return entry.type in _PICTURES
