"""Authentication: a request in, its caller out, or a refusal that says which check failed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator

from flask import Request, g, request

from cds_service.clients import Client, Clients
from cds_service.http.trust.call_rate import CallRate
from cds_service.http.trust.distrust import Distrust
from cds_service.http.trust.key_fetch import Fetch, key_fetch
from cds_service.http.trust.key_sources import (
    ATTEMPT_SECONDS,
    KeyAddress,
    KeyFile,
    KeySource,
    KeysUnreachable,
)
from cds_service.http.trust.public_keys import PublicKey
from cds_service.http.trust.token import Claims, Header, Token, bearer_token
from cds_service.http.trust.used_once import UsedOnce, WhenDown
from cds_service.http.wire import DEVELOPMENT, Caller
from cds_service.token_memory import TokenMemory

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")


class Trust:
    """Tells who calls by the token of each request."""

    def __init__(
        self,
        clients: Clients,
        memory: TokenMemory | None,
        *,
        when_down: WhenDown = "accept-short",
        ca_file: str | None = None,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`memory` is shared by all workers and replicas; None: each worker has its own alone.

        `now` gives seconds since 1970, `clock` seconds that never go back. Raises KeySetRefused if a client's
        key file cannot be used.
        """
        self._clients = clients
        self._now = now
        self._used_once = UsedOnce(memory, when_down, now, clock)
        self._keys = {
            client.id: _ClientKeys(
                client, key_fetch(allow_private=client.private_key_addresses, ca_file=ca_file), clock
            )
            for client in clients.by_id.values()
        }
        self._rates = {
            client.id: CallRate(client.calls_per_minute, clock)
            for client in clients.by_id.values()
            if client.calls_per_minute is not None
        }

    def authenticate(self, request: Request, endpoints: Collection[str]) -> Caller:
        """Who makes this request, addressed to one of the `endpoints` (public URLs).

        Neither reads nor needs the body. Uses the token up. Raises Distrust: 401 if the token does not prove
        who calls, 403 if it proves it but is for another endpoint, 429 beyond the client's rate, 503 if the
        token cannot be checked at the moment.
        """
        token = bearer_token(request.headers.get("Authorization"))
        client = self._clients.by_issuer.get(token.claims.iss)
        if client is None:
            raise Distrust("issuer")
        token.check_signature(self._key(client, token.header), client.algorithms)
        self._check_times(token.claims, client)
        _check_audience(token.claims, (*endpoints, *client.audiences))
        self._spend(token, client)
        tenant = token.claims.tenant
        return Caller(client.id, tenant if tenant and _TENANT.fullmatch(tenant) else None)

    def notes(self) -> Iterator[str]:
        """What is not as it should be at the moment, in sentences for readiness."""
        if note := self._used_once.note:
            yield note
        for client, keys in self._keys.items():
            if keys.trouble:
                yield f"Keys of client {client} cannot be read anew: {', '.join(keys.trouble)}."

    def _key(self, client: Client, header: Header) -> PublicKey:
        if header.alg not in client.algorithms:
            raise Distrust("algorithm")
        source = self._keys[client.id].source(header.jku)
        if source is None:
            raise Distrust("key-address")
        try:
            key = source.named(header.kid, header.alg)
        except KeysUnreachable:
            raise Distrust("keys-unreachable", retry_after=ATTEMPT_SECONDS) from None
        if key is None:
            raise Distrust("key")
        return key

    def _check_times(self, claims: Claims, client: Client) -> None:
        now, skew = self._now(), client.clock_skew_seconds
        if not 0 < claims.exp - claims.iat <= client.token_seconds:
            raise Distrust("lifetime")
        if claims.exp + skew <= now:
            raise Distrust("expired")
        if max(claims.iat, claims.nbf or 0) - skew > now:
            raise Distrust("not-yet")

    def _spend(self, token: Token, client: Client) -> None:
        """Use the token up, within the client's rate: a token that came too early can still be used later, and
        one that is sent again takes nothing off the rate."""
        rate = self._rates.get(client.id)
        if rate and (wait := rate.wait()):
            raise Distrust("rate", retry_after=wait)
        claims = token.claims
        until = claims.exp + client.clock_skew_seconds
        self._used_once.spend(client.id, claims.iss, claims.jti, claims.iat, until)
        if rate and (wait := rate.take()):
            raise Distrust("rate", retry_after=wait)


def caller_by(trust: Trust | None, *endpoints: str) -> Callable[[], Caller]:
    """Who makes the current request to one of these endpoints; without trust (development) whoever it is.

    What it finds is kept for the log: `flask.g.caller`, or `flask.g.distrust`, the check that failed.
    """

    def caller() -> Caller:
        try:
            g.caller = trust.authenticate(request, endpoints) if trust else DEVELOPMENT
        except Distrust as refused:
            g.distrust = refused.check
            raise
        found: Caller = g.caller
        return found

    return caller


class _ClientKeys:
    """The key sources of one client, by what its tokens name."""

    def __init__(self, client: Client, fetch: Fetch, clock: Callable[[], float]) -> None:
        self._by_address: dict[str, KeySource] = {
            address: KeyAddress(address, fetch, clock) for address in client.key_addresses
        }
        self._unnamed: KeySource | None = None
        if client.key_file is not None:
            handed_over = KeyFile(client.key_file)
            self._unnamed = handed_over
            self._by_address.update((address, handed_over) for address in client.key_file_addresses)
        elif len(self._by_address) == 1:
            self._unnamed = next(iter(self._by_address.values()))

    def source(self, address: str | None) -> KeySource | None:
        """Where the keys of a token with this `jku` are; None if there is no such place.

        Without `jku` it is the file that was handed over, else the only address.
        """
        return self._unnamed if address is None else self._by_address.get(address)

    @property
    def trouble(self) -> list[str]:
        sources = dict.fromkeys((*self._by_address.values(), *filter(None, [self._unnamed])))
        return [trouble for source in sources if (trouble := source.trouble)]


def _check_audience(claims: Claims, accepted: Collection[str]) -> None:
    stated = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    # the same address with and without a trailing slash is one endpoint here
    if not {word.removesuffix("/") for word in stated} & {word.removesuffix("/") for word in accepted}:
        raise Distrust("audience")
