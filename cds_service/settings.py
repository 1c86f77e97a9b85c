"""The service's settings: read from an environment once, frozen afterwards."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from .client_profile import PROFILES, NullMeans

PREFIX = "CDS_SERVICE_"
ORIGIN = r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?"
"""A browser origin as it may be stated: exact, without a path."""
MAX_ENTRIES = 5_000


_T = TypeVar("_T")


class SettingsError(ValueError):
    """A variable of the environment has a value that is not allowed.

    The text names the variable, its value and what is allowed.
    """

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        super().__init__(f"{variable} is {value!r}; allowed: {allowed}")
        self.variable = variable


def available_cores() -> int:
    """The number of processor cores this process may use, at least 1."""
    try:
        return len(os.sched_getaffinity(0)) or 1
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a site can choose about a running service.

    Each field is the environment variable `CDS_SERVICE_` + its name in capitals; lists are separated by
    commas; yes/no values are true or false. An unset or empty variable means the default.
    """

    development: bool = False
    """A trial run by developers: discovery says so loudly, and browsers from anywhere may call."""

    host: str = "127.0.0.1"
    """The address to listen on: a host name or an IP address."""

    port: int = 8080
    """The TCP port to listen on, 1 to 65535."""

    workers: int = field(default_factory=available_cores)
    """The number of worker processes, 1 to 256; default one for each core."""

    max_body_bytes: int = 33_554_432
    """The largest request body accepted, in bytes (default 32 MiB); a larger one is answered 413."""

    max_depth: int = 100
    """How deeply objects and arrays of a request may be nested, 8 to 500; deeper is answered 400."""

    max_entries: int = MAX_ENTRIES
    """The most entries that all Bundles of a call may hold, 100 to 1,000,000; more are answered 413."""

    max_concurrent_calls: int = 100
    """How many calls each worker process answers at once, 1 to 1000; more are answered 503."""

    server_timing: bool = False
    """Whether answers say in a Server-Timing header where the time went."""

    traces_endpoint: str | None = None
    """Where traces of calls are sent by OTLP over HTTP (OpenTelemetry), such as http://127.0.0.1:4318/v1/traces; unset:
    nowhere. Needs the package installed as `sarcoma-pathway-cds[tracing]`."""

    public_url: str | None = None
    """The base address under which clients reach the service, without a trailing slash."""

    assessment_extension: bool = True
    """Whether answers carry the machine-readable assessment as an extension."""

    client_profile: str = "default"
    """Development mode: the kind of EHR that calls: default, epic, oracle, sandbox or medplum."""

    null_means: NullMeans | None = None
    """Development mode: what a prefetch key with the value null says: that there is no data, or that the key is
    missing. Unset, the client profile says it."""

    never_served: tuple[str, ...] = ()
    """Development mode: prefetch keys that are never served; their absence does not count as a failure."""

    knowledge: str | None = None
    """The folder with the knowledge, if not the one that is packaged."""

    cards: str | None = None
    """The folder with the wording, if not the one that is packaged."""

    clients: str | None = None
    """The file that states the site's clients (YAML, see `clients_file.py`)."""

    token_memory_down: Literal["accept-short", "refuse"] = "accept-short"
    """What happens while the shared memory of used tokens is down: each worker remembers its own and tokens may
    be a minute old at most, or calls are answered 503."""

    ca_file: str | None = None
    """The file of CA certificates (PEM) that clients' key addresses and FHIR servers are checked against, instead of
    the well-known authorities."""

    concept_map: str | None = None
    """The file of a FHIR R4 ConceptMap from the site's local codes to ours or to public ones."""

    answer_seconds: float = 4.0
    """How long a call may take in all, 1 to 60 seconds, what it waits for before it is read included: fetching ends
    half a second before, which is left for the evaluation; that itself is not interrupted."""

    fetch_seconds: float = 2.5
    """How long fetching what prefetch lacks may take of that, 0 to 60 seconds; 0: nothing is fetched."""

    snomed_affiliate: bool = False
    """`accepted` states that a SNOMED CT affiliate licence covers this use: ids outside the free Global
    Patient Set are then read too."""

    cors_origins: tuple[str, ...] = ()
    """Origins whose browser clients may call. Development without an own list means `*`, all of them."""

    store_url: str | None = None
    """The database for what is kept: `sqlite:////path/to/file` or `postgresql://user:password@host/name`.
    Unset, a SQLite file in `state_directory`."""

    state_directory: str | None = None
    """The folder for what the service keeps itself. Unset, `/var/lib/sarcoma-cds`; in development mode
    `.run` of the current folder if there is one, else a new temporary folder."""

    keep_days: int = 730
    """After how many days `cds-service store purge` removes decisions, cards and feedback, 1 to 36500."""

    feedback_comments: bool = False
    """Whether comments in feedback are kept: free text, in which a user may name a patient."""

    suppress_overridden_days: int = 0
    """For how many days a card that a user overrode is not shown to that user again, 0 (off) to 365."""

    patient_key_days: int = 0
    """For how many days a pseudonymous key of the patient is kept with each call, 0 (none is made) to 3650."""

    pseudonym_secrets: str | None = None
    """The file with the secrets that pseudonyms are made with (YAML, see `secrets_file.py`)."""

    smart_client_id: str | None = None
    """Development mode: the id under which the SMART app is registered as a public client; unset, there is no app.
    Otherwise each client of the clients file states its own."""

    smart_frame_ancestors: tuple[str, ...] = ()
    """Development mode: origins whose pages may hold the SMART app in a frame."""

    smart_secrets: str | None = None
    """The file with the secrets that the SMART app seals with what it hands to the browser (YAML, see
    `secrets_file.py`); the same for all replicas. Unset in development mode, one is made at the start."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """The settings that `environ` states, defaults for the rest.

        Raises SettingsError for a value that is not allowed and for a variable that looks like one of
        ours misspelt. Other variables with our prefix are left alone: container platforms add such.
        """
        _refuse_misspelt(environ)
        stated = {
            name: reader(PREFIX + name.upper(), environ[PREFIX + name.upper()].strip())
            for name, reader in _READERS.items()
            if environ.get(PREFIX + name.upper(), "").strip()
        }
        if stated.get("development") and "cors_origins" not in stated:
            stated["cors_origins"] = ("*",)
        if not stated.get("development") and "*" in stated.get("cors_origins", ()):
            raise SettingsError(
                f"{PREFIX}CORS_ORIGINS", "*", "the origins by name; any origin only in development mode"
            )
        return cls(**stated)


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    # A misspelt CDS_SERVICE_NULL_MEAN would otherwise change clinical behaviour without a word.
    known = [PREFIX + item.name.upper() for item in fields(Settings)]
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and variable not in known:
            suffix = variable.removeprefix(PREFIX)
            nearest = get_close_matches(suffix, [name.removeprefix(PREFIX) for name in known], 1, 0.8)
            if nearest:
                raise SettingsError(
                    variable,
                    environ[variable],
                    f"no variable of this name; did you mean {PREFIX}{nearest[0]}?",
                )


def _yes_or_no(variable: str, value: str) -> bool:
    lowered = value.lower()
    if lowered in {"true", "yes", "on", "1"}:
        return True
    if lowered in {"false", "no", "off", "0"}:
        return False
    raise SettingsError(variable, value, "true or false")


def _accepted(variable: str, value: str) -> bool:
    if value.lower() == "accepted":
        return True
    raise SettingsError(
        variable, value, "accepted (states that a SNOMED CT affiliate licence covers this use)"
    )


def _whole_number(lowest: int, highest: int, remark: str = "") -> Callable[[str, str], int]:
    def read(variable: str, value: str) -> int:
        if re.fullmatch(r"[0-9]{1,12}", value) and lowest <= int(value) <= highest:
            return int(value)
        raise SettingsError(variable, value, f"a whole number from {lowest} to {highest}{remark}")

    return read


def _seconds(lowest: float, highest: float) -> Callable[[str, str], float]:
    def read(variable: str, value: str) -> float:
        if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", value) and lowest <= float(value) <= highest:
            return float(value)
        raise SettingsError(variable, value, f"seconds from {lowest} to {highest}, such as 2.5")

    return read


def _one_of(*words: _T) -> Callable[[str, str], _T]:
    def read(variable: str, value: str) -> _T:
        for word in words:
            if word == value.lower():
                return word
        raise SettingsError(variable, value, " or ".join(map(str, words)))

    return read


def _host(variable: str, value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9.:_\-]{1,253}", value):
        return value
    raise SettingsError(variable, value, "a host name or an IP address, without scheme, port or brackets")


def _listed(pattern: str, allowed: str) -> Callable[[str, str], tuple[str, ...]]:
    def read(variable: str, value: str) -> tuple[str, ...]:
        entries = tuple(entry.strip() for entry in value.split(",") if entry.strip())
        for entry in entries:
            if not re.fullmatch(pattern, entry):
                raise SettingsError(variable, entry, allowed)
        return entries

    return read


def _web_address(variable: str, value: str) -> str:
    allowed = "an address such as https://cds.example.org/sarcoma, without query or fragment"
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  reading it is what checks it
    except ValueError:
        raise SettingsError(variable, value, allowed) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(variable, value, allowed)
    if parts.username is not None or re.search(r"\s", value):
        raise SettingsError(variable, "(not shown: it holds a user name)", allowed)
    return value.rstrip("/")


def _database(variable: str, value: str) -> str:
    if re.match(r"(sqlite:///.|postgres(ql)?(\+psycopg)?://.)", value) and not re.search(r"\s", value):
        return value
    allowed = "sqlite:////path/to/file or postgresql://user:password@host/name"
    raise SettingsError(variable, "(not shown: it may hold a password)", allowed)


_READERS: dict[str, Callable[[str, str], Any]] = {
    "development": _yes_or_no,
    "host": _host,
    "port": _whole_number(
        1,
        65535,
        " (Kubernetes sets this variable itself beside a Service named cds-service: "
        "name the Service otherwise or set enableServiceLinks: false)",
    ),
    "workers": _whole_number(1, 256),
    "max_body_bytes": _whole_number(1024, 1_073_741_824),
    "max_depth": _whole_number(8, 500),
    "max_entries": _whole_number(100, 1_000_000),
    "max_concurrent_calls": _whole_number(1, 1000),
    "server_timing": _yes_or_no,
    "traces_endpoint": _web_address,
    "public_url": _web_address,
    "assessment_extension": _yes_or_no,
    "client_profile": _one_of(*PROFILES),
    "null_means": _one_of("no-data", "missing"),
    "never_served": _listed(r"[A-Za-z0-9_.\-]{1,64}", "prefetch keys separated by commas"),
    "knowledge": lambda _variable, value: value,
    "cards": lambda _variable, value: value,
    "clients": lambda _variable, value: value,
    "token_memory_down": _one_of("accept-short", "refuse"),
    "ca_file": lambda _variable, value: value,
    "concept_map": lambda _variable, value: value,
    "answer_seconds": _seconds(1, 60),
    "fetch_seconds": _seconds(0, 60),
    "snomed_affiliate": _accepted,
    # Exact origins only: the CORS library would read anything with a wildcard in it as a regular expression.
    "cors_origins": _listed(
        rf"\*|{ORIGIN}",
        "origins such as https://ehr.example.org separated by commas",
    ),
    "store_url": _database,
    "state_directory": lambda _variable, value: value,
    "keep_days": _whole_number(1, 36_500),
    "feedback_comments": _yes_or_no,
    "suppress_overridden_days": _whole_number(0, 365),
    "patient_key_days": _whole_number(0, 3650),
    "pseudonym_secrets": lambda _variable, value: value,
    "smart_client_id": lambda _variable, value: value,
    "smart_frame_ancestors": _listed(ORIGIN, "origins such as https://ehr.example.org separated by commas"),
    "smart_secrets": lambda _variable, value: value,
}
