"""The client profiles: what the service does otherwise for one kind of client."""

from __future__ import annotations

from cds_service.client_profile import PROFILES, ClientProfile

from .markdown import code, table


def profiles() -> str:
    """A table of the profiles."""
    return table(
        ("profile", "hooks offered", "`null` under a prefetch key is", "suggestions", "why"),
        (
            (code(each.name), code(*each.hooks), each.null_means, _suggestions(each), f"{each.because}")
            for each in PROFILES.values()
        ),
    )


def _suggestions(profile: ClientProfile) -> str:
    said = [f"`selectionBehavior` {code(profile.selection_behavior)}"]
    if profile.one_action_each:
        said.append("one action in each")
    if profile.creates_first:
        said.append("what is created first")
    return ", ".join(said)
