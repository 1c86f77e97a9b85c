"""Whatever byte of a token is changed, it no longer counts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from .calls import ADDRESS, RecordingAnswer, view_call
from .site import Site

_HEADER_CHARACTERS = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


class OneToken:
    """A site, and a valid token that it has never seen."""

    def __init__(self, algorithm: str) -> None:
        with TemporaryDirectory() as folder:
            self.site = Site(Path(folder))
            self.trust = self.site.trust()
        self.client: FlaskClient = self.site.app(RecordingAnswer(), self.trust).test_client()
        self.ehr = {"ES384": self.site.north, "RS384": self.site.north_rsa}[algorithm]
        self.token = self.ehr.token()

    def status(self, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.post(ADDRESS, json=view_call(), headers=headers).status_code


@pytest.fixture(scope="module", params=["ES384", "RS384"])
def one(request: pytest.FixtureRequest) -> OneToken:
    return OneToken(request.param)


@settings(max_examples=400)
@given(st.data())
def test_a_token_with_one_byte_changed_is_refused(one: OneToken, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(one.token) - 1))
    other = data.draw(_HEADER_CHARACTERS.filter(lambda c: c != one.token[place]))
    assert one.status(one.token[:place] + other + one.token[place + 1 :]) == 401


@settings(max_examples=200)
@given(st.data())
def test_a_token_with_a_byte_more_or_less_is_refused(one: OneToken, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(one.token) - 1))
    # a space at either end is none of the token's: the header's value is the same
    more = data.draw(_HEADER_CHARACTERS.filter(lambda c: c != " "))
    assert one.status(one.token[:place] + one.token[place + 1 :]) == 401
    assert one.status(one.token[:place] + more + one.token[place:]) == 401


def test_every_spelling_of_the_last_character_is_refused(one: OneToken) -> None:
    """Base64 leaves bits over at the end of an RSA signature, which a lenient reader would ignore."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for other in alphabet.replace(one.token[-1], ""):
        assert one.status(one.token[:-1] + other) == 401


def test_the_token_itself_counts() -> None:
    for algorithm in ("ES384", "RS384"):
        fresh = OneToken(algorithm)
        assert fresh.status(fresh.token) == 200
