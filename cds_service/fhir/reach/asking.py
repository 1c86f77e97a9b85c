"""One query asked: request, retry, pages; what comes back is the whole answer, or Lost says why not."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import msgspec
import requests
from urllib3 import exceptions as wire
from urllib3.util.retry import Retry

from cds_service.addresses import AddressRefused

from .allowance import Allowance
from .base import FhirBase
from .lost import Lost, of_status
from .pages import Page, read_page, searchset, sent_page
from .question import Question

_CHUNK = 65_536
_PAUSE_SECONDS = 0.1
_RETRIED = frozenset({429, 500, 502, 503, 504})

log = logging.getLogger("cds_service.reach")


@dataclass(frozen=True, slots=True)
class Access:
    """Where one call may ask, and with what token; whether also at addresses in private networks. The token is
    never shown."""

    base: FhirBase
    token: str | None = field(default=None, repr=False)
    allow_private: bool = False


class Asking:
    """Asks the queries of one call. Used by several threads."""

    def __init__(self, session: requests.Session, access: Access, allowance: Allowance) -> None:
        self._session = session
        self._base = access.base
        self._allowance = allowance
        self._headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}

    def ask(self, question: Question, sent: msgspec.Raw | None = None) -> msgspec.Raw:
        """The answer to a query; `sent` is what came under its prefetch key and was not enough.

        A page that was sent is not asked for again. Where a later page does not come, the answer is the
        searchset of those that came, which says that it is incomplete and why. Raises Lost where nothing came.
        """
        if question.reads:
            return self._read(question.url, question.reads)
        first = sent_page(sent)
        # some servers name themselves otherwise in their own prefetch: then all is asked for anew
        if first is not None and first.next and self._base.below(first.next):
            return self._pages(first, [])
        return self._pages(self._search(question.url), [question.url])

    def document(self, url: str) -> bytes:
        """What a server says at an address, whatever it is. Raises Lost where nothing came."""
        return self._get(url)

    def _read(self, url: str, reads: tuple[str, str]) -> msgspec.Raw:
        body = self._get(url)
        page = read_page(body)
        if (page.resource_type, page.id) != reads:
            raise Lost("structure")
        return msgspec.Raw(body)

    def _search(self, url: str) -> Page:
        page = read_page(self._get(url))
        if page.resource_type != "Bundle" or page.type not in (None, "searchset"):
            raise Lost("structure")
        self._allowance.spend_entries(len(page.entry or ()))
        return page

    def _pages(self, first: Page, asked: list[str]) -> msgspec.Raw:
        """All pages from the first on, as one searchset."""
        entries, link = list(first.entry or ()), first.next
        count = 1
        try:
            while link:
                url = self._base.below(link)
                if url is None:
                    raise Lost("security")
                if count >= self._allowance.limits.pages or url in asked:
                    raise Lost("too-costly")
                asked.append(url)
                page = self._search(url)
                entries += page.entry or ()
                link, count = page.next, count + 1
        except Lost as lost:
            return searchset(first, entries, link, lost)
        return searchset(first, entries)

    def _get(self, url: str) -> bytes:
        """The body of a 200 answer. One that may pass is asked for once more, if the time allows."""
        retries = Retry(total=1, status_forcelist=_RETRIED, allowed_methods=("GET",))
        while True:
            pause = _PAUSE_SECONDS
            try:
                with self._allowance.attempt():
                    return self._attempt(url)
            except _Refused as refused:
                lost, pause = of_status(refused.status), refused.retry_after or _PAUSE_SECONDS
                if not retries.is_retry("GET", refused.status):
                    raise lost from None
            except _Unconnected:
                lost = Lost("transient")
            if self._allowance.remaining() <= pause:
                raise lost
            try:
                retries = retries.increment("GET", error=None)
            except wire.MaxRetryError:
                raise lost from None
            self._allowance.pause(pause)

    def _attempt(self, url: str) -> bytes:
        """One request. None of what is raised holds the address, the token or what the server said."""
        seconds = self._allowance.check_time()
        try:
            with self._session.get(
                url, headers=self._headers, timeout=seconds, stream=True, allow_redirects=False
            ) as response:
                if response.status_code != 200:
                    raise _Refused(response.status_code, _retry_after(response))
                return self._body(response)
        except (Lost, _Refused):
            raise
        except Exception as error:
            raise self._lost(error) from None

    def _body(self, response: requests.Response) -> bytes:
        limit = self._allowance.limits.response_bytes
        if response.headers.get("Content-Encoding", "identity").strip().lower() not in (
            "",
            "identity",
            "gzip",
        ):
            raise Lost("structure")
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            self._allowance.check_time()
            self._allowance.spend_bytes(len(chunk))
            body += chunk
            if len(body) > limit:
                raise Lost("too-costly")
        self._allowance.check_time()  # a response without a length ends where it is cut, too
        return bytes(body)

    def _lost(self, error: Exception) -> Exception:
        if self._allowance.remaining() <= 0:
            return Lost("timeout")
        match error:
            case AddressRefused() | requests.exceptions.SSLError():
                return Lost("security")
            case requests.Timeout() | wire.TimeoutError() | TimeoutError():
                return Lost("timeout")
            case requests.ConnectionError():
                return _Unconnected()
            case wire.DecodeError():
                return Lost("structure")
            case wire.ProtocolError():
                return Lost("incomplete")
            case requests.RequestException():
                return Lost("processing")
        log.error({"event": "query-failed", "exception": type(error).__qualname__})
        return Lost("exception")


class _Refused(Exception):
    def __init__(self, status: int, retry_after: float | None) -> None:
        super().__init__(status)
        self.status = status
        self.retry_after = retry_after


class _Unconnected(Exception):
    """No connection, or one that ended before an answer began."""


def _retry_after(response: requests.Response) -> float | None:
    """The seconds that the server asks for."""
    try:
        return Retry().get_retry_after(response.raw)
    except wire.InvalidHeader:
        return None
