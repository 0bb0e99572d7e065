"""H.265 video parameter set, for the base layer alone (§7.3.2.1)."""

from __future__ import annotations

from ..errors import Malformed, Unsupported
from .bits import Rewriter
from .hevc_sps import MAX_SUB_LAYERS_MINUS_1, rewrite_ordering
from .hevc_tier import rewrite_tier

_ALL_ONES = 0xFFFF


def vps_id(rbsp: bytes) -> int:
    """Return the id of a VPS."""
    return rbsp[0] >> 4 if rbsp else 0


def rewrite_vps(rbsp: bytes) -> bytes:
    """Return a VPS in canonical form, as it stands when the base layer is all there is.

    Layer sets, timing, HRD and extensions stay behind: the base layer is decoded
    without them.  Raises `Refused` errors.
    """
    both = Rewriter(rbsp, "vps")
    both.u(4)
    if both.u(2) != 0b11:
        raise Unsupported("vps", "external base layer")
    both.put(6, 0)  # vps_max_layers_minus1
    sub_layers = both.u(3, MAX_SUB_LAYERS_MINUS_1)
    both.flag()  # vps_temporal_id_nesting_flag
    if both.u(16) != _ALL_ONES:
        raise Malformed("vps", "reserved bits")
    rewrite_tier(both, sub_layers)
    rewrite_ordering(both, sub_layers)
    writer = both.writer
    writer.u(6, 0)  # vps_max_layer_id
    writer.ue(0)  # vps_num_layer_sets_minus1
    writer.u(2, 0)  # no timing, no extension
    writer.stop()
    return writer.bytes()
