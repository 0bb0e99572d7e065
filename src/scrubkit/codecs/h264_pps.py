"""H.264 picture parameter set: read, checked and written again field by field (§7.3.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed
from .bits import BitReader, Rewriter
from .h264_sps import EXTENDED, MAX_ID, PLAIN_PROFILES, scaling_lists

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .h264_sps import Sps

MAX_PPS_ID = 255

_CONSTRAINED = 0xE0


@dataclass(frozen=True, slots=True)
class Pps:
    """What of a picture parameter set matters outside it."""

    identifier: int
    sps: int


def pps_ids(rbsp: bytes) -> Pps:
    """Return the ids at the head of a PPS."""
    reader = BitReader(rbsp, "pps")
    return Pps(reader.ue(MAX_PPS_ID), reader.ue(MAX_ID))


def _slice_groups(both: Rewriter, sps: Sps) -> None:
    groups = both.ue(7)
    if not groups:
        return
    last = sps.map_units - 1
    match both.ue(6):
        case 0:
            for _ in range(groups + 1):
                both.ue(last)  # run_length_minus1
        case 2:
            for _ in range(groups):
                both.ue(last)  # top_left
                both.ue(last)  # bottom_right
        case 3 | 4 | 5:
            both.flag()
            both.ue(last)  # slice_group_change_rate_minus1
        case 6:
            if both.ue(last) != last:
                raise Malformed("pps", "slice group map of another size")
            bits = groups.bit_length()
            for _ in range(sps.map_units):
                both.u(bits, groups)


def rewrite_pps(rbsp: bytes, sets: Mapping[int, Sps]) -> bytes:
    """Return a PPS in canonical form; `sets` are the SPSs by id.

    Raises `Refused` if a field is not known or the SPS is missing.
    """
    both = Rewriter(rbsp, "pps")
    both.ue(MAX_PPS_ID)
    sps = sets.get(both.ue(MAX_ID))
    if sps is None:
        raise Malformed("pps", "names no sequence parameter set")
    both.flag()  # entropy_coding_mode_flag
    both.flag()  # bottom_field_pic_order_in_frame_present_flag
    _slice_groups(both, sps)
    both.ue(31)  # num_ref_idx_l0_default_active_minus1
    both.ue(31)  # num_ref_idx_l1_default_active_minus1
    both.flag()  # weighted_pred_flag
    both.u(2, 2)  # weighted_bipred_idc
    both.se(-26 - 6 * (sps.luma_depth - 8), 25)  # pic_init_qp_minus26
    switching = both.reader.se(-26, 25)  # pic_init_qs_minus26
    both.writer.se(switching if sps.profile == EXTENDED else 0)
    both.se(-12, 12)  # chroma_qp_index_offset
    both.flag()  # deblocking_filter_control_present_flag
    both.flag()  # constrained_intra_pred_flag
    both.flag()  # redundant_pic_cnt_present_flag
    if not both.reader.more_data():
        return both.rbsp()
    if sps.profile in PLAIN_PROFILES and sps.constraints & _CONSTRAINED:
        # These profiles have no more fields.  Some encoders write bytes here all the
        # same, and decoders are known to pass over them.
        both.writer.stop()
        return both.writer.bytes()
    transform_8x8 = both.flag()
    if both.flag():
        scaling_lists(both, 6 + transform_8x8 * (6 if sps.chroma_format == 3 else 2))
    both.se(-12, 12)  # second_chroma_qp_index_offset
    return both.rbsp()
