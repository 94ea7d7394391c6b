"""What sweeper is measured against: one bare SQL statement, and the loops over sessions that an app writes."""

# everything at once on one snapshot, and nothing looked at twice: the limit, and not safe beside a working app
BARE = """
WITH owed AS (
    SELECT s.id, s.user_id, {amount} AS amount
    FROM prediction_sessions AS s
    WHERE s.status = 'error'
      AND ({exclude}) IS NOT TRUE
      AND s.created_at < (now() AT TIME ZONE 'UTC') - interval '15 minutes'
      AND NOT EXISTS (SELECT FROM sweeper.refunds AS r WHERE r.session_id = s.id AND r.attempt = 0)
),
paid AS (
    INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, layer, created_at)
    SELECT gen_random_uuid(), id, user_id, amount, 'workflow_failure', 'bare', now()
    FROM owed
    RETURNING account_id, amount
)
UPDATE users AS u
SET credits = u.credits + p.amount, total_credits_spent = u.total_credits_spent - p.amount, updated_at = now()
FROM (SELECT account_id, sum(amount) AS amount FROM paid GROUP BY account_id) AS p
WHERE u.id = p.account_id
"""
SEND = """
import sys, psycopg
psycopg.connect(sys.argv[1], autocommit=True).execute(sys.argv[2])
"""
# One transaction a session, which locks, looks again and then pays. Arguments: the URL, and how many to pay.
LOOP = """
import sys, psycopg
connection = psycopg.connect(sys.argv[1], autocommit=True)
owed = connection.execute('''SELECT s.id FROM prediction_sessions AS s
    LEFT JOIN sweeper.refunds AS r ON r.session_id = s.id AND r.attempt = 0
    WHERE s.status = 'error' AND r.session_id IS NULL LIMIT %s''', (int(sys.argv[2]),)).fetchall()
for (session,) in owed:
    with connection.transaction():
        account, amount = connection.execute('''SELECT user_id, cardinality(selected_models)
            FROM prediction_sessions WHERE id = %s AND status = 'error' FOR UPDATE''', (session,)).fetchone()
        if connection.execute('SELECT FROM sweeper.refunds WHERE session_id = %s', (session,)).fetchone():
            continue
        connection.execute('''INSERT INTO sweeper.refunds
            (refund_id, session_id, account_id, amount, reason, layer, created_at)
            VALUES (gen_random_uuid(), %s, %s, %s, 'workflow_failure', 'loop', now())''', (session, account, amount))
        connection.execute('''UPDATE users SET credits = credits + %s,
            total_credits_spent = total_credits_spent - %s, updated_at = now() WHERE id = %s''',
            (amount, amount, account))
"""
# the same by an app that maps its tables to objects, as most do
OBJECTS_LOOP = """
import sys
from datetime import UTC, datetime
from uuid import UUID, uuid4
from sqlalchemy import ARRAY, Enum, Text, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = 'users'
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    credits: Mapped[int]
    total_credits_spent: Mapped[int]
    updated_at: Mapped[datetime | None]

class PredictionSession(Base):
    __tablename__ = 'prediction_sessions'
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(
        Enum('initializing', 'queued', 'researching', 'generating', 'finished', 'error', name='session_status'))
    selected_models: Mapped[list[str]] = mapped_column(ARRAY(Text))

class Refund(Base):
    __tablename__ = 'refunds'
    __table_args__ = {'schema': 'sweeper'}
    refund_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    session_id: Mapped[str] = mapped_column(Text)
    account_id: Mapped[str] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(default=0)
    amount: Mapped[int]
    reason: Mapped[str] = mapped_column(Text, default='workflow_failure')
    layer: Mapped[str] = mapped_column(Text, default='loop')
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))

with Session(create_engine(sys.argv[1].replace('postgresql://', 'postgresql+psycopg://'))) as db:
    owed = db.scalars(
        select(PredictionSession.id)
        .outerjoin(Refund, Refund.session_id == PredictionSession.id)
        .where(PredictionSession.status == 'error', Refund.session_id.is_(None))
        .limit(int(sys.argv[2]))
    ).all()
    db.commit()
    for session_id in owed:
        session = db.get(PredictionSession, session_id, with_for_update=True)
        refunded = db.scalar(select(Refund.refund_id).where(Refund.session_id == session_id))
        if session.status == 'error' and not refunded:
            amount = len(session.selected_models)
            db.add(Refund(session_id=session_id, account_id=session.user_id, amount=amount))
            user = db.get(User, session.user_id, with_for_update=True)
            user.credits += amount
            user.total_credits_spent -= amount
            user.updated_at = datetime.now()
        db.commit()
"""
