"""When systemic therapy began: what a record may say of the time before it."""

from __future__ import annotations

import msgspec

from ...fhir.datatypes import first_day, last_day, surely_before


class Timeline(msgspec.Struct, frozen=True, gc=False):
    """When systemic therapy of the tumour began: the day it is first recorded, None if never.

    `undated`: a drug was recorded without any date.
    """

    therapy_start: str | None = None
    undated: bool = False

    def before_therapy(self, when: str | None) -> bool | None:
        """Whether a record is from before systemic therapy; None if its date or the therapy's is not known."""
        if self.therapy_start is None and not self.undated:
            return True
        if when is None or self.therapy_start is None:
            return None
        if surely_before(self.therapy_start, when):
            return False
        # a record of the day on which the therapy starts describes what was there before it
        before = last_day(when) <= first_day(self.therapy_start)
        return True if before and not self.undated else None
