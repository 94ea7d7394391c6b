-- What a role needs that runs `sweeper run`, and nothing else: it can neither delete nor change a refund, nor read or
-- write what the mapping does not name.
{reads}
GRANT UPDATE ({closed_columns}) ON {sessions} TO {role};
{if accounts}
GRANT UPDATE ({moved_columns}) ON {accounts} TO {role};
{end}
{if ledger}
-- the columns that a refund writes, and the sequences that the other columns draw from
GRANT INSERT ({ledger_columns}) ON {ledger} TO {role};{ledger_sequences}
{end}
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON {refunds}, {reversals}, {holds}, {runs}, {settings}, {locks} TO {role};
GRANT INSERT ON {refunds}, {holds}, {runs} TO {role};
GRANT UPDATE ON {holds}, {runs} TO {role};
GRANT UPDATE (horizon, horizon_as_of, horizon_policy, full_sweep_as_of, before_floor_sessions, before_floor_credits) ON {settings} TO {role};
GRANT UPDATE (locker) ON {locks} TO {role};
GRANT DELETE ON {runs} TO {role};
