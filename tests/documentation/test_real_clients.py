"""What docs/real-clients.md and the README tell a stranger to type is there, and means what they say."""

from __future__ import annotations

import re
from pathlib import Path

from cds_service.cli import COMMANDS
from cds_service.client_profile import PROFILES
from cds_service.clients_file import read_clients
from deploy.sandbox.trust import OFFICIAL, OFFICIAL_KEYS

CHECKOUT = Path(__file__).parents[2]
GUIDE = (CHECKOUT / "docs" / "real-clients.md").read_text(encoding="utf-8")
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_the_clients_file_for_the_official_sandbox_is_sound(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(clients:.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "clients.yaml").write_text(example, encoding="utf-8")
    (official,) = read_clients(tmp_path / "clients.yaml").by_id.values()
    assert official.profile is PROFILES["sandbox"]
    assert (official.issuers, official.key_addresses) == ((OFFICIAL,), (OFFICIAL_KEYS,))


def test_every_target_and_variable_of_make_exists() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    # at the start of a line of code or of a quotation, where it is a command and no English verb
    targets = set(re.findall(r"(?:^|`)make ([a-z-]+)", GUIDE + README, re.MULTILINE))
    assert {"run", "stop", "sandbox"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    stated = re.findall(r"(?:^|`)make [a-z-]+ ([^`\n]*)", GUIDE, re.MULTILINE) + re.findall(
        r"\(`(\w+=)`\)", GUIDE
    )
    variables = set(re.findall(r"\b([A-Z_]+)=", " ".join(stated)))
    assert {"PORT", "FHIR_PORT", "PUBLIC_URL", "SANDBOX"} <= variables
    for variable in variables:
        assert f"$({variable})" in makefile, variable


def test_every_command_and_profile_exists() -> None:
    for command in re.findall(r"\.venv/bin/cds-service ([a-z-]+)", GUIDE):
        assert command in COMMANDS, command
    for profile in re.findall(r"CLIENT_PROFILE=([a-z]+)", GUIDE):
        assert profile in PROFILES


def test_every_heading_that_is_linked_exists() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", GUIDE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) <= headings
