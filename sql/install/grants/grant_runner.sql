-- Grants what a role for `sweeper run` needs, and nothing else: it can neither delete nor change a refund, nor read or
-- write what the mapping does not name. In the app's ledger it writes the columns of a refund, and uses the sequences
-- of the others.
{include grant_read}
GRANT UPDATE ({each updated ", "}{column}{end}) ON {sessions} TO {role};
{if accounts}
GRANT UPDATE ({if moves}{each moves ", "}{column}{end}{else}{accounts_key}{end}) ON {accounts} TO {role};
{end}
{if ledger}
GRANT INSERT ({each ledger_values ", "}{column}{end}) ON {ledger} TO {role};{each ledger_sequences ""}
GRANT USAGE ON SEQUENCE {sequence} TO {role};{end}
{end}
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON {refunds}, {reversals}, {holds}, {runs}, {settings}, {locks} TO {role};
GRANT INSERT ON {refunds}, {holds}, {runs} TO {role};
GRANT UPDATE ON {holds}, {runs} TO {role};
GRANT UPDATE (horizon, horizon_as_of, horizon_policy, full_sweep_as_of, before_floor_sessions, before_floor_credits) ON {settings} TO {role};
GRANT UPDATE (locker) ON {locks} TO {role};
GRANT DELETE ON {runs} TO {role};
