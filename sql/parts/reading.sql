-- The session rows, s, and what the mapping reads of each, v. The app's expressions see s and nothing of ours:
-- a column of ours in their reach could be taken for one of the app's with the same name.
FROM {sessions} AS s
CROSS JOIN LATERAL (
    SELECT {session_id} AS session_id,
           ({account})::{account_type} AS account_id,
           {attempt} AS attempt,
           {status} AS status,
           {started_at} AS started_at,
           {active_at} AS active_at,
           {failed_at} AS failed_at,
           {amount} AS amount,
           ({exclude}) IS TRUE AS excluded,
           {error} AS error
) AS v
