"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "s0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("call", sa.String(64), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("tenant", sa.Text),
        sa.Column("hook", sa.String(64), nullable=False),
        sa.Column("knowledge", sa.String(64), nullable=False),
        sa.Column("placement", sa.String(32), nullable=False),
        sa.Column("groups", sa.JSON, nullable=False),
        sa.Column("verdicts", sa.JSON, nullable=False),
        sa.Column("suppressed", sa.JSON, nullable=False),
        sa.Column("timings", sa.JSON, nullable=False),
    )
    op.create_index("ix_decision_at", "decision", ["at"])
    op.create_table(
        "shown_card",
        sa.Column("card", sa.String(36), primary_key=True),
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("knowledge", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("indicator", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(32)),
        sa.Column("option", sa.String(64)),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("suggestions", sa.JSON, nullable=False),
        sa.Column("repeat_key", sa.String(64)),
        sa.Column("deciding", sa.String(64)),
    )
    op.create_index("ix_shown_card_call", "shown_card", ["call"])
    op.create_index("ix_shown_card_at", "shown_card", ["at"])
    op.create_index("ix_shown_card_repeat_key", "shown_card", ["repeat_key"])
    op.create_table(
        "feedback",
        sa.Column("entry", sa.String(64), primary_key=True),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("card", sa.String(36), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("suggestions", sa.JSON, nullable=False),
        sa.Column("reason_system", sa.String(512)),
        sa.Column("reason_code", sa.String(64)),
        sa.Column("comment", sa.Text),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_feedback_card", "feedback", ["card"])
    op.create_index("ix_feedback_received_at", "feedback", ["received_at"])
    op.create_table(
        "used_token",
        sa.Column("client", sa.String(64), primary_key=True),
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_used_token_until", "used_token", ["until"])
    op.create_table(
        "patient_key",
        sa.Column("call", sa.String(64), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
    )
    op.create_index("ix_patient_key_at", "patient_key", ["at"])
    op.create_index("ix_patient_key_key", "patient_key", ["secret", "key"])


def downgrade() -> None:
    raise CommandError("a store is not taken back to an older schema: restore a copy of it")
