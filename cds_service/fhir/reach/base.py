"""FHIR base addresses: which may be asked, and which addresses lie below one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, unquote, urljoin, urlsplit

_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class FhirBase:
    """A base address in one spelling, so that equal ones compare equal: scheme and host in lower case, the port
    always there, no slash at the end of the path."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, address: str) -> FhirBase | None:
        """The base that an address names; None for one that cannot be a base."""
        try:
            parts = urlsplit(address)
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
        except ValueError:
            return None
        if port is None or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
            return None
        if not _plain(parts.path):
            return None
        return cls(parts.scheme, parts.hostname.lower(), port, parts.path.rstrip("/"))

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def on_this_machine(self) -> bool:
        """Whether the host is written as this machine: localhost or a loopback address."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def confidential(self) -> bool:
        """Whether what is sent there is seen by nobody else: https, or it never leaves this machine."""
        return self.scheme == "https" or self.on_this_machine

    def below(self, link: str) -> str | None:
        """The address of a link that lies at or below this base, None for any other. A relative link counts from
        the base."""
        try:
            address = urljoin(f"{self.url}/", link)
            parts = urlsplit(address)
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
        except ValueError:
            return None
        same = (parts.scheme, (parts.hostname or "").lower(), port) == (self.scheme, self.host, self.port)
        inside = parts.path.rstrip("/") == self.path or parts.path.startswith(f"{self.path}/")
        if not same or not inside or "@" in parts.netloc or not _plain(parts.path) or not link.isprintable():
            return None
        query = f"?{parts.query}" if parts.query else ""
        # rebuilt from what was compared: no second reading of the address can lead elsewhere
        return f"{self.url}{quote(parts.path[len(self.path) :], safe='/%$:@,;=+!~*()')}{query}"


def _plain(path: str) -> bool:
    """Whether a path means what it says: no segment that leads up, no backslash, nothing encoded twice."""
    once = unquote(path)
    return "\\" not in once and unquote(once) == once and not {".", ".."} & set(once.split("/"))


def reachable(server: str | None, allowed: Iterable[str], *, any_base: bool) -> FhirBase | None:
    """The base that may be asked for this call; None if there is none.

    It must be one of `allowed`, or with `any_base` (a developer's own machine) any; and confidential.
    """
    base = FhirBase.of(server) if server else None
    if base is None or not base.confidential:
        return None
    return base if any_base or base in {FhirBase.of(listed) for listed in allowed} else None
