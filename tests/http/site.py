"""A site with two clients whose keys were handed over, and a clock that can be set."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from cds_service.app import create_app
from cds_service.clients import Client, Clients
from cds_service.http.hooks import Answer
from cds_service.http.readiness import Readiness
from cds_service.http.trust.authentication import Trust
from cds_service.settings import Settings
from cds_service.token_memory import TokenMemory

from .calls import SERVICE
from .ehr import PUBLIC_URL, Ehr, elliptic, key_set, rsa


@dataclass
class Clock:
    """A clock that stands still until it is set; seconds since 1970."""

    moment: float

    def __call__(self) -> float:
        return self.moment


class Site:
    """North signs with ES384 and RS384, south with ES384; neither names a key address."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock(float(int(time.time())))
        self.folder = folder
        self.north = Ehr("https://north.example.org", elliptic("north-1"), now=self.clock)
        self.north_rsa = Ehr("https://north.example.org", rsa("north-2"), "RS384", now=self.clock)
        self.south = Ehr("https://south.example.org", elliptic("south-1"), now=self.clock)

    def clients(self, **of_north: Any) -> Clients:
        """The two clients, the first with some properties chosen."""
        for name, keys in {
            "north": (elliptic("north-1"), rsa("north-2"), elliptic("north-3", "P-256")),
            "south": (elliptic("south-1"),),
        }.items():
            (self.folder / f"{name}.json").write_text(key_set(*keys), encoding="utf-8")
        of_north.setdefault("key_file", self.folder / "north.json")
        return Clients.of(
            (
                Client(id="north", issuers=(self.north.issuer, "https://north.example.org/test"), **of_north),
                Client(id="south", issuers=(self.south.issuer,), key_file=self.folder / "south.json"),
            )
        )

    def trust(self, memory: TokenMemory | None = None, **chosen: Any) -> Trust:
        """The trust of this site; `when_down` as chosen, else properties of the client north."""
        when_down = chosen.pop("when_down", "accept-short")
        return Trust(self.clients(**chosen), memory, when_down=when_down, now=self.clock, clock=self.clock)

    def app(self, answer: Answer, trust: Trust | None = None, **chosen: Any) -> Flask:
        """The application with trust on."""
        trust = trust or self.trust()
        settings = Settings(public_url=PUBLIC_URL, **chosen)
        return create_app(settings, SERVICE, answer, readiness=Readiness(notes=trust.notes), trust=trust)
