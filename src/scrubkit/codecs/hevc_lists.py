"""H.265 scaling lists (§7.3.4) and short-term reference picture sets (§7.3.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Malformed

if TYPE_CHECKING:
    from .bits import Rewriter

MAX_REFERENCES = 16


def rewrite_scaling_list_data(both: Rewriter) -> None:
    """Copy `scaling_list_data`."""
    for size in range(4):
        step = 3 if size == 3 else 1
        for matrix in range(0, 6, step):
            if not both.flag():  # scaling_list_pred_mode_flag
                both.ue(matrix // step)  # scaling_list_pred_matrix_id_delta
                continue
            if size > 1:
                both.se(-7, 247)  # scaling_list_dc_coef_minus8
            for _ in range(min(64, 1 << (4 + (size << 1)))):
                both.se(-128, 127)


def rewrite_reference_sets(both: Rewriter, count: int) -> None:
    """Copy `count` `st_ref_pic_set` of an SPS."""
    sizes: list[int] = []
    for index in range(count):
        if index and both.flag():  # inter_ref_pic_set_prediction_flag
            both.flag()  # delta_rps_sign
            both.ue((1 << 15) - 1)  # abs_delta_rps_minus1
            size = 0
            for _ in range(sizes[-1] + 1):
                used = both.flag()
                if used or both.flag():  # use_delta_flag
                    size += 1
        else:
            negative = both.ue(MAX_REFERENCES)
            positive = both.ue(MAX_REFERENCES)
            size = negative + positive
            for _ in range(size):
                both.ue((1 << 15) - 1)  # delta_poc_minus1
                both.flag()  # used_by_curr_pic_flag
        if size > MAX_REFERENCES:
            raise Malformed("st_ref_pic_set", "too many pictures")
        sizes.append(size)
