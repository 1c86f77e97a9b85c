"""By what drafted orders are judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .answer import Answer
from .criteria import Values
from .groups import Group
from .options import Offer


class Grounds(NamedTuple):
    """The values of a patient, the groups in which the patient may be, and how the offers of each stand by these
    values; None where nobody has looked."""

    values: Values
    groups: Sequence[Group]
    answers: Sequence[Sequence[Answer]] | None = None

    def with_values(self, values: Values) -> Grounds:
        """The grounds with other values."""
        return self if values is self.values else Grounds(values, self.groups)

    def met(self, position: int) -> list[Offer]:
        """The offers of a group that are met; of those against which a rule speaks some or all."""
        group = self.groups[position]
        if self.answers is not None:
            return [
                offer for offer, answer in zip(group.offers, self.answers[position], strict=True) if answer
            ]
        inside = group.within(self.values)
        return [offer for offer in group.offers if offer.evaluate(inside) is True]
