"""A canary in every place of a still that can hold it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ...builders import heif, jpeg
from ...builders.boxes import box, u8, u16, u32
from ..jpeg import SECRET
from .dress import Still, described, dressed, extra_properties, groups
from .stills import P3, display_p3

if TYPE_CHECKING:
    from ...builders.heif import Layout, Part, Parts


def planted(still: Still, canary: bytes) -> Iterator[tuple[str, bytes]]:
    """The canary in every place that can hold it."""
    parts, layout = still.parts, still.layout

    def file(layout: Layout = layout, parts: Parts = parts) -> bytes:
        return heif.build(parts, "picture", layout)

    for part in still.others(canary):
        if part.name not in ("gain map", "thumbnail"):
            rest = tuple(each for each in still.others(SECRET[:4]) if each.name != part.name)
            yield f"item {part.name}", file(parts=(*parts, *rest, part))
    for data in extra_properties(canary):
        kind = data[4:8].decode()
        yield f"property {kind}", file(parts=described(parts, data))
        yield f"free property {kind}", file(replace(layout, extra_properties=(data,)))
    whole = dressed(layout, canary)
    for name, one in (
        ("handler name", replace(layout, handler=whole.handler)),
        ("gaps", replace(layout, gap=whole.gap)),
        ("boxes between", replace(layout, between=whole.between)),
        ("boxes after", replace(layout, after=whole.after)),
        ("boxes in meta", replace(layout, extra_meta=whole.extra_meta)),
        ("boxes in iinf", replace(layout, extra_items=whole.extra_items)),
        ("idat", replace(layout, extra_data=whole.extra_data)),
    ):
        yield name, file(one)
    for kind in ("free", "skip", "uuid", "zzzz", "moov", "meta", "mdat", "jumb", "sefd"):
        data = box(kind.encode(), canary)
        yield f"{kind} before meta", file(replace(layout, before=data))
        yield f"{kind} before mdat", file(replace(layout, between=data))
        yield f"{kind} after mdat", file(replace(layout, after=data))
        yield f"{kind} in meta", file(replace(layout, extra_meta=data))
    yield "trailer", file(replace(layout, after=canary))
    yield "brands", file(replace(layout, brands=layout.brands + canary))
    yield "minor version", file(replace(layout, brands=layout.brands[:4] + canary[:4] + layout.brands[8:]))
    strange = box(b"zzzz", u16(1, len(canary) // 2), canary)
    yield "reference of an unknown kind", file(replace(layout, extra_references=strange))
    yield "behind a reference", file(replace(layout, extra_references=box(b"cdsc", u16(1, 1, 1), canary)))
    for index, part in enumerate(parts):
        for name, changed in _in_item(part, canary):
            yield f"{part.name}: {name}", file(parts=(*parts[:index], changed, *parts[index + 1 :]))
    yield "another file's movie header", file(replace(layout, after=box(b"moov", box(b"udta", canary))))


def _in_item(part: Part, canary: bytes) -> Iterator[tuple[str, Part]]:
    yield "item name", replace(part, label=canary)
    yield "behind the item name", replace(part, tail=canary)
    for index, (data, essential) in enumerate(part.properties):
        kind = data[4:8]
        longer = u32(len(data) + len(canary)) + data[4:] + canary
        if kind in (b"hvcC", b"ispe", b"auxC", b"irot", b"imir") or data[8:12] == b"nclx":
            changed = (*part.properties[:index], (longer, essential), *part.properties[index + 1 :])
            yield f"behind {kind!r}", replace(part, properties=changed)
    if part.kind in (b"grid", b"tmap"):
        yield "behind the derivation", replace(part, data=part.data + canary)
    elif part.kind == b"hvc1":
        message = b"\x4e\x01\x05" + u8(16 + len(canary)) + bytes(range(1, 17)) + canary + b"\x80"
        yield "SEI message", replace(part, data=u32(len(message)) + message + part.data)
        unit = b"\x60\x01" + canary
        yield "NAL unit 48", replace(part, data=u32(len(unit)) + unit + part.data)
        unit = b"\x40\x09" + canary
        yield "another layer", replace(part, data=part.data + u32(len(unit)) + unit)
    elif part.kind == b"av01":
        yield "padding OBU", replace(part, data=b"\x7a" + u8(len(canary) + 1) + canary + b"\x80" + part.data)
        text = u8(31) + canary + b"\x80"
        yield (
            "metadata OBU",
            replace(part, data=part.data[:12] + b"\x2a" + u8(len(text)) + text + part.data[12:]),
        )


def p3_plants(canary: bytes) -> Iterator[tuple[str, bytes]]:
    profiles = {
        "words": display_p3(canary),
        "behind it": display_p3() + canary,
        "date and makers": jpeg.profile(
            jpeg.P3, jpeg.SRGB_CURVE, fields=[(24, canary[:12]), (48, canary[:8])]
        ),
    }
    for name, data in profiles.items():
        parts = (heif.picture(shown=(heif.profile(data),)),)
        yield f"profile: {name}", heif.build(parts, "picture", P3.layout)


def planted_with_groups(still: Still, canary: bytes) -> Iterator[tuple[str, bytes]]:
    yield from planted(still, canary)
    layout = still.layout
    if not still.groups:
        return
    yield "behind a group", heif.build(still.parts, "picture", replace(layout, groups_tail=canary))
    yield (
        "a second grpl",
        heif.build(still.parts, "picture", replace(layout, extra_meta=groups(canary))),
    )
