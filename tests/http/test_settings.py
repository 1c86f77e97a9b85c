"""The environment read into Settings."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from cds_service.settings import Settings, SettingsError, available_cores


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert dataclasses.asdict(settings) == {
        "development": False,
        "host": "127.0.0.1",
        "port": 8080,
        "workers": available_cores(),
        "max_body_bytes": 33_554_432,
        "max_depth": 100,
        "max_entries": 5_000,
        "max_concurrent_calls": 100,
        "server_timing": False,
        "traces_endpoint": None,
        "public_url": None,
        "assessment_extension": True,
        "client_profile": "default",
        "null_means": None,
        "never_served": (),
        "knowledge": None,
        "cards": None,
        "clients": None,
        "token_memory_down": "accept-short",
        "ca_file": None,
        "concept_map": None,
        "answer_seconds": 4.0,
        "fetch_seconds": 2.5,
        "snomed_affiliate": False,
        "cors_origins": (),
        "store_url": None,
        "state_directory": None,
        "keep_days": 730,
        "feedback_comments": False,
        "suppress_overridden_days": 0,
        "patient_key_days": 0,
        "pseudonym_secrets": None,
        "smart_client_id": None,
        "smart_frame_ancestors": (),
        "smart_secrets": None,
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("development", "true", True),
        ("development", "0", False),
        ("host", "::", "::"),
        ("port", "9000", 9000),
        ("port", " ", 8080),
        ("workers", "3", 3),
        ("max_body_bytes", "65536", 65536),
        ("max_depth", "50", 50),
        ("public_url", "https://cds.example.org/sarcoma/", "https://cds.example.org/sarcoma"),
        ("assessment_extension", "No", False),
        ("null_means", "missing", "missing"),
        ("never_served", "specimens, body-structures ,", ("specimens", "body-structures")),
        (
            "cors_origins",
            "https://ehr.example.org,http://localhost:3000",
            ("https://ehr.example.org", "http://localhost:3000"),
        ),
        ("store_url", "sqlite:////var/lib/x.sqlite", "sqlite:////var/lib/x.sqlite"),
        ("store_url", "postgres://u:p@db/cds", "postgres://u:p@db/cds"),
        ("suppress_overridden_days", "14", 14),
        ("answer_seconds", "10", 10.0),
        ("fetch_seconds", "1.25", 1.25),
        ("fetch_seconds", "0", 0.0),
        ("ca_file", "/etc/ssl/hospital.pem", "/etc/ssl/hospital.pem"),
    ],
)
def test_a_variable_is_read(name: str, text: str, value: Any) -> None:
    assert getattr(Settings.from_environment({f"CDS_SERVICE_{name.upper()}": text}), name) == value


@pytest.mark.parametrize(
    ("variable", "text", "allowed"),
    [
        ("DEVELOPMENT", "perhaps", "true or false"),
        ("HOST", "http://x", "a host name"),
        ("PORT", "0", "1 to 65535"),
        ("ANSWER_SECONDS", "0.5", "seconds from 1 to 60, such as 2.5"),
        ("FETCH_SECONDS", "-1", "seconds from 0 to 60"),
        ("FETCH_SECONDS", "1e9", "seconds from 0 to 60"),
        ("PORT", "tcp://10.0.0.1:8080", "Kubernetes"),
        ("WORKERS", "-1", "1 to 256"),
        ("WORKERS", "٣", "1 to 256"),
        ("MAX_BODY_BYTES", "32MB", "whole number"),
        ("MAX_DEPTH", "9999", "8 to 500"),
        ("PUBLIC_URL", "cds.example.org", "https://"),
        ("PUBLIC_URL", "https://x:y/", "https://"),
        ("NULL_MEANS", "nothing", "no-data or missing"),
        ("NEVER_SERVED", "a b", "commas"),
        ("CORS_ORIGINS", "https://*.example.org", "https://ehr.example.org"),
        ("CORS_ORIGINS", "https://ehr.example.org/", "https://ehr.example.org"),
    ],
)
def test_an_error_names_variable_value_and_what_is_allowed(variable: str, text: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({f"CDS_SERVICE_{variable}": text})
    said = str(caught.value)
    assert f"CDS_SERVICE_{variable}" in said
    assert repr(text) in said
    assert allowed in said


def test_a_misspelt_variable_is_not_passed_over() -> None:
    with pytest.raises(SettingsError, match="did you mean CDS_SERVICE_NULL_MEANS"):
        Settings.from_environment({"CDS_SERVICE_NULL_MEAN": "missing"})


def test_variables_of_container_platforms_are_left_alone() -> None:
    environ = {
        "CDS_SERVICE_SERVICE_HOST": "10.0.0.1",
        "CDS_SERVICE_SERVICE_PORT": "80",
        "CDS_SERVICE_PORT_80_TCP": "x",
    }
    assert Settings.from_environment({**environ, "PATH": "/bin"}) == Settings()


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"CDS_SERVICE_PUBLIC_URL": "https://user:secret@x"})
    assert "secret" not in str(caught.value)


def test_development_lets_every_browser_in_unless_told_otherwise() -> None:
    environ = {"CDS_SERVICE_DEVELOPMENT": "true"}
    assert Settings.from_environment(environ).cors_origins == ("*",)
    stated = {**environ, "CDS_SERVICE_CORS_ORIGINS": "https://ehr.example.org"}
    assert Settings.from_environment(stated).cors_origins == ("https://ehr.example.org",)


def test_outside_development_origins_are_named() -> None:
    with pytest.raises(SettingsError, match="only in development mode"):
        Settings.from_environment({"CDS_SERVICE_CORS_ORIGINS": "https://ehr.example.org,*"})


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize("text", ["mysql://root:hunter2@db/x", "sqlite://", "postgresql://", "hunter2"])
def test_a_store_url_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(SettingsError, match="CDS_SERVICE_STORE_URL") as refused:
        Settings.from_environment({"CDS_SERVICE_STORE_URL": text})
    assert "hunter2" not in str(refused.value)
