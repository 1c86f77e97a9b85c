"""Named client profiles: what one kind of EHR needs otherwise than the specification's default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

NullMeans = Literal["no-data", "missing"]
SelectionBehavior = Literal["at-most-one", "any"]


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """How a client differs.

    `hooks` are those it fires, `null_means` what null under a prefetch key says, `selection_behavior` the one
    it understands, `one_action_each` whether a suggestion may hold only one action, `creates_first` whether what a
    suggestion creates stands before what it removes, `id_per_hook` whether discovery lists each hook under an id of
    its own, `app_context` whether it hands the context of a smart link to the app.
    """

    name: str
    because: str
    hooks: tuple[str, ...] = ("order-select", "order-sign", "patient-view")
    null_means: NullMeans = "no-data"
    selection_behavior: SelectionBehavior = "at-most-one"
    one_action_each: bool = False
    creates_first: bool = False
    id_per_hook: bool = False
    app_context: bool = True


PROFILES: Mapping[str, ClientProfile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            ClientProfile("default", "CDS Hooks as it is written"),
            ClientProfile(
                "epic",
                "understands selectionBehavior `any` alone and one action in a suggestion",
                selection_behavior="any",
                one_action_each=True,
            ),
            ClientProfile(
                "oracle",
                "fires patient-view alone and hands no context to an app",
                hooks=("patient-view",),
                app_context=False,
            ),
            ClientProfile(
                "sandbox",
                "tells services apart by their ids alone, and does the first action of a suggestion only",
                creates_first=True,
                id_per_hook=True,
            ),
            ClientProfile(
                "medplum", "sends null where a prefetch token could not be resolved", null_means="missing"
            ),
        )
    }
)
