"""H.265 / HEVC: NAL units, slice headers and the `hvcC` record (ITU-T H.265, ISO/IEC 14496-15 §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Malformed, Truncated, Unsupported
from .bits import FORBIDDEN, PEEK_BITS, START_CODES, BitReader, byte_stream, escape, peek, peek_ue, unescape
from .hevc_pps import MAX_PPS_ID, read_pps, rewrite_pps
from .hevc_sps import MAX_SUB_LAYERS_MINUS_1, Sps, rewrite_sps
from .hevc_vps import rewrite_vps, vps_id
from .nal_syntax import Action, Aside, Description, Header, PictureNumber, SetName, SliceStart, Syntax
from .sei import static_metadata
from .tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

VPS, SPS, PPS = 32, 33, 34
PREFIX_SEI, SUFFIX_SEI, END_OF_SEQUENCE, RPU = 39, 40, 36, 62

SETS = (VPS, SPS, PPS)
_IRAP = frozenset(range(16, 22))
_IDR = frozenset({19, 20})
_ACTIONS = {
    **dict.fromkeys(range(10), Action.SLICE),
    **dict.fromkeys(_IRAP, Action.SLICE),
    **dict.fromkeys(SETS, Action.SET),
    PREFIX_SEI: Action.SEI,
    SUFFIX_SEI: Action.SUFFIX_SEI,
    END_OF_SEQUENCE: Action.END,
    RPU: Action.RPU,
}
_FIXED = 23
_FIRST_IRAP = 16
_FIRST_BIT = 1 << (PEEK_BITS - 1)
_PEEK_MASK = (1 << PEEK_BITS) - 1


def header(value: int) -> Header:
    """Return what a two-byte NAL unit header says (§7.3.1.2); `Malformed` if it breaks a rule."""
    if value & 0x8000:
        raise Malformed("nal", "forbidden bit set")
    kind = value >> 9
    layer = value >> 3 & 0x3F
    temporal = (value & 7) - 1
    if temporal < 0:
        raise Malformed("nal", "temporal id")
    if kind in _IRAP and temporal:
        raise Malformed("nal", "random access picture above temporal layer 0")
    action = _ACTIONS.get(kind, Action.DROP)
    key = f"hevc/nal/{kind}"
    if layer:
        action, key = Action.DROP, f"hevc/layer/{layer}"
    canonical = value
    if action is not Action.SLICE:
        canonical = kind << 9 | 1
    return Header(
        action, kind, key, canonical.to_bytes(2), canonical == value, kind in _IRAP, layer, temporal
    )


def slice_start(kind: int, head: bytes) -> SliceStart:
    """Return the first fields of a slice segment header (§7.3.6.1) from its first bytes, escaped.

    Whether it is intra coded is not read: only an IRAP is a sync sample.
    """
    bits = peek(head)
    first = bits >= _FIRST_BIT
    pps, _ = peek_ue(bits << (2 if kind >= _FIRST_IRAP else 1) & _PEEK_MASK)
    if pps > MAX_PPS_ID:
        raise Malformed("slice", "header")
    return first, False, pps


def picture_reader(pps: bytes, sps: bytes) -> Callable[[int, bytes], PictureNumber | None]:
    """Return what tells the picture of a slice segment (§7.4.7.1) from NAL type and first bytes, escaped.

    It answers None for a segment that takes that over from the one before it, and
    raises `Malformed` for one that lies outside the picture.
    """
    sequence = rewrite_sps(_body(sps, "sps"))[0]
    known = read_pps(_body(pps, "pps"))

    def read(kind: int, head: bytes) -> PictureNumber | None:
        reader = BitReader(unescape(head), "slice")
        first = reader.flag()
        if kind in _IRAP:
            reader.flag()
        reader.ue(MAX_PPS_ID)
        if not first:
            dependent = known.dependent_slices and reader.flag()
            if not 0 < reader.u((sequence.blocks - 1).bit_length()) < sequence.blocks:
                raise Malformed("slice", "outside the picture")
            if dependent:
                return None
        reader.u(known.extra_bits)
        reader.ue(2)  # slice_type
        output = known.output_flag and reader.flag()
        return output, 0 if kind in _IDR else reader.u(sequence.order_bits)

    return read


def _body(nal: bytes, place: str) -> bytes:
    """Return the RBSP of a base layer parameter set NAL unit, after its header."""
    if len(nal) < 3:
        raise Truncated(place, "shorter than its header")
    if header(int.from_bytes(nal[:2])).layer:
        raise Unsupported(place, "of another layer")
    trimmed = nal.rstrip(b"\x00")
    if FORBIDDEN.search(trimmed):
        raise Malformed(place, "start code inside a NAL unit")
    return unescape(trimmed[2:])


def _kind(nal: bytes) -> int:
    return nal[0] >> 1 & 0x3F if nal else 0


def set_name(nal: bytes) -> SetName:
    """Return the name of a parameter set NAL unit."""
    kind = _kind(nal)
    if kind == VPS:
        return SetName(VPS, vps_id(_body(nal, "vps")), -1)
    if kind == SPS:
        sps = rewrite_sps(_body(nal, "sps"))[0]
        return SetName(SPS, sps.identifier, sps.vps)
    pps = read_pps(_body(nal, "pps"))
    return SetName(PPS, pps.identifier, pps.sps)


def normalise(nal: bytes, _sets: Iterable[bytes] = ()) -> bytes:
    """Return a VPS, SPS or PPS NAL unit in canonical form.

    Raises `Refused` for a field out of range and for data that no syntax table names.
    """
    kind = _kind(nal)
    if kind == VPS:
        rbsp = rewrite_vps(_body(nal, "vps"))
    elif kind == SPS:
        rbsp = rewrite_sps(_body(nal, "sps"))[1]
    elif kind == PPS:
        rbsp = rewrite_pps(_body(nal, "pps"))
    else:
        raise Unsupported("nal", "not a parameter set")
    return (kind << 9 | 1).to_bytes(2) + escape(rbsp)


def normalise_sets(sets: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return VPSs, SPSs and PPSs in canonical form, sorted by type and id, without duplicates.

    Raises `Unsupported` if two different sets have the same id.
    """
    named: dict[tuple[int, int], bytes] = {}
    for nal in sets:
        clean = normalise(nal)
        name = set_name(clean)
        if named.setdefault((name.kind, name.identifier), clean) != clean:
            raise Unsupported("hvcC", "two parameter sets with one id")
    return tuple(named[key] for key in sorted(named))


def read_configuration(body: bytes) -> tuple[int, tuple[bytes, ...], Aside]:
    """Read the body of an `hvcC` (ISO/IEC 14496-15 §8.3.3).

    Returns the size of NAL lengths in bytes, the VPSs, SPSs and PPSs of the base
    layer in canonical form, and what stays behind.  Some recorders put a byte stream
    (annex B) in its place, which players read.  Raises `Refused` errors.
    """
    tally = Tally()
    if body.startswith(START_CODES):
        length_size, nals = 4, byte_stream(body)
    else:
        length_size, nals = _arrays(body, tally)
    sets: list[bytes] = []
    prefix: list[bytes] = []
    for nal in nals:
        if len(nal) < 2:
            tally.add("hevc/nal/empty", len(nal) + 2)
            continue
        head = header(int.from_bytes(nal[:2]))
        if head.action is Action.SET:
            sets.append(nal)
        elif head.action is Action.SEI:
            prefix.append(nal)
        else:
            tally.add(head.key, len(nal) + 2)
    static = static_metadata("hevc", prefix, tally)
    return length_size, normalise_sets(sets), Aside(tally.rows(), *static)


def _arrays(body: bytes, tally: Tally) -> tuple[int, list[bytes]]:
    """Return the length size and the NAL units of all arrays."""
    if len(body) < _FIXED:
        raise Truncated("hvcC", "shorter than its fixed part")
    if body[0] > 1:
        raise Unsupported("hvcC", "version")
    at = _FIXED
    nals: list[bytes] = []
    for _ in range(body[22]):
        if at + 3 > len(body):
            raise Truncated("hvcC", "ends inside an array")
        count = int.from_bytes(body[at + 1 : at + 3])
        at += 3
        for _ in range(count):
            stop = at + 2 + int.from_bytes(body[at : at + 2])
            if at + 2 > len(body) or stop > len(body):
                raise Truncated("hvcC", "ends inside a NAL unit")
            nals.append(body[at + 2 : stop])
            at = stop
    if at < len(body):
        tally.add("hvcC/tail", len(body) - at)
    return (body[21] & 3) + 1, nals


def write_configuration(sets: Sequence[bytes]) -> bytes:
    """Write the body of an `hvcC` for canonical parameter sets.

    Profile, tier, level, chroma format and depths are those of the first SPS;
    lengths have 4 bytes, arrays are complete.  `Malformed` without an SPS.
    """
    sps = _first_sps(sets)
    out = bytearray([1])
    out += sps.tier.body
    out += bytes([0xF0, 0, 0xFC, 0xFC | sps.chroma_format])
    out += bytes([0xF8 | (sps.luma_depth - 8), 0xF8 | (sps.chroma_depth - 8)])
    out += bytes([0, 0, (sps.sub_layers + 1) << 3 | sps.nested << 2 | 3])
    arrays = [(kind, [nal for nal in sets if _kind(nal) == kind]) for kind in SETS]
    arrays = [(kind, nals) for kind, nals in arrays if nals]
    out.append(len(arrays))
    for kind, nals in arrays:
        out.append(0x80 | kind)
        out += len(nals).to_bytes(2)
        for nal in nals:
            out += len(nal).to_bytes(2) + nal
    return bytes(out)


def _first_sps(sets: Iterable[bytes]) -> Sps:
    nal = next((nal for nal in sets if _kind(nal) == SPS), None)
    if nal is None:
        raise Malformed("hvcC", "no sequence parameter set")
    return rewrite_sps(_body(nal, "sps"))[0]


def sub_layers(sets: Iterable[bytes]) -> int:
    """Return the highest temporal id that the SPSs allow."""
    parsed = (rewrite_sps(_body(nal, "sps"))[0] for nal in sets if _kind(nal) == SPS)
    return max((sps.sub_layers for sps in parsed), default=MAX_SUB_LAYERS_MINUS_1)


def describe(sets: Sequence[bytes]) -> Description:
    """Return what the first SPS says of the picture; `Malformed` without one."""
    sps = _first_sps(sets)
    source = sps.tier.body[5] >> 6  # progressive, interlaced
    return Description(
        width=sps.width - sps.crop[0] - sps.crop[1],
        height=sps.height - sps.crop[2] - sps.crop[3],
        aspect=sps.signal.aspect or (1, 1),
        colour=sps.signal.described(),
        full_range=sps.signal.full_range,
        interlaced=source == 0b01,
        chroma_format=sps.chroma_format,
        luma_depth=sps.luma_depth,
        chroma_depth=sps.chroma_depth,
        profile=sps.tier.profile,
        level=sps.tier.level,
        hidden=sps.crop,
    )


SYNTAX = Syntax(
    name="hevc",
    header_size=2,
    header=header,
    slice_start=slice_start,
    picture_reader=picture_reader,
    set_name=set_name,
    normalise=normalise,
    pps=PPS,
    sei_header=(PREFIX_SEI << 9 | 1).to_bytes(2),
)
