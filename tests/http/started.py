"""`cds-service serve` in this process, up to the point where it would listen."""

from __future__ import annotations

from importlib import import_module

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from cds_service.cli import main


class Started:
    """`cds-service serve` up to the point where it would listen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.apps: list[Flask] = []
        serving = import_module("cds_service.cli.serving")
        monkeypatch.setattr(serving, "serve_app", lambda app, *_, **__: self.apps.append(app))

    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(main, ["serve", *map(str, arguments)])

    @property
    def client(self) -> FlaskClient:
        (app,) = self.apps
        return app.test_client()
