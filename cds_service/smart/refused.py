"""What the app cannot do, said to a person: a page with what is wrong and how to go on."""

from __future__ import annotations


class LaunchRefused(Exception):
    """`what` is wrong and `how` to go on: sentences without a value that came from outside. `reason` is a short word
    for the log, `again` says whether a launch from the EHR may help."""

    def __init__(self, reason: str, what: str, how: str, *, status: int = 400, again: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.what = what
        self.how = how
        self.status = status
        self.again = again


AGAIN = "Launch the app again from the patient's chart in the EHR."
