"""HDR10+ dynamic metadata in an ITU-T T.35 message (SMPTE ST 2094-40, CTA-861 annex S)."""

from __future__ import annotations

from ..errors import Unsupported
from .bits import Rewriter

PREFIX = bytes.fromhex("b5003c000104")
"""Country, provider, provider-oriented code 1, application 4."""

_MAX_SCENE_LIGHT = 100_000
_MAX_NITS = 10_000


def rewrite_hdr10plus(payload: bytes) -> bytes | None:
    """Return canonical HDR10+ metadata with its T.35 prefix, or None if it is something else.

    One window and no actual peak luminances, as HDR10+ profiles A and B have it.
    Zeros may follow, and stay behind.  Raises `Refused` errors for fields out of range.
    """
    if not payload.startswith(PREFIX):
        return None
    both = Rewriter(payload[len(PREFIX) :], "hdr10plus")
    both.u(8, 1)  # application_version
    if both.u(2) != 1:  # num_windows
        raise Unsupported("hdr10plus", "several windows")
    both.u(27, _MAX_NITS)  # targeted_system_display_maximum_luminance
    if both.flag():
        raise Unsupported("hdr10plus", "actual peak luminance")
    for _ in range(4):
        both.u(17, _MAX_SCENE_LIGHT)  # maxscl, average_maxrgb
    for _ in range(both.u(4)):
        both.u(7, 100)  # distribution_maxrgb_percentages
        both.u(17, _MAX_SCENE_LIGHT)
    both.u(10, 1000)  # fraction_bright_pixels
    if both.flag():
        raise Unsupported("hdr10plus", "actual peak luminance")
    if both.flag():  # tone_mapping_flag
        both.u(12)
        both.u(12)
        for _ in range(both.u(4)):
            both.u(10)
    if both.flag():  # color_saturation_mapping_flag
        both.u(6)
    if both.reader.u(both.reader.left):
        raise Unsupported("hdr10plus", "unknown data after the last field")
    return PREFIX + both.writer.bytes()
