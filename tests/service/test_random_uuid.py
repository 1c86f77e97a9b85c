"""Ids of cards, suggestions and calls."""

from __future__ import annotations

from uuid import RFC_4122, UUID

from cds_service.random_uuid import random_uuid


def test_every_id_is_a_random_uuid_and_no_two_are_alike() -> None:
    drawn = [random_uuid() for _ in range(2_000)]
    read = [UUID(one) for one in drawn]
    assert [str(one) for one in read] == drawn
    assert {(one.version, one.variant) for one in read} == {(4, RFC_4122)}
    assert len(set(drawn)) == len(drawn)


def test_every_free_bit_is_drawn() -> None:
    # 122 of 128 bits, each seen as 0 and as 1
    seen = [UUID(random_uuid()).int for _ in range(2_000)]
    always = every = (1 << 128) - 1
    ever = 0
    for one in seen:
        always &= one
        ever |= one
    assert (every & ~always & ever).bit_count() == 122
