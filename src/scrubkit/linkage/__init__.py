"""By what the clean files of one run can still be grouped, and which of them stand alone."""

from .features import RECORDER, TOGETHER
from .groups import Groups
from .traits import traits

__all__ = ["RECORDER", "TOGETHER", "Groups", "traits"]
