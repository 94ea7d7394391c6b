-- balances: does every account have what it should? Asked of the balances alone; no list of refunds is looked at.
WITH entitled AS (
    SELECT u.*,
           u.total_credits_earned - coalesce((
               SELECT sum(t.charge)
               FROM demo.truth AS t
               JOIN demo.fates AS f ON f.fate = t.fate
               WHERE t.user_id = u.id AND f.keeps_charge
           ), 0) AS credits_due
    FROM users AS u
)
SELECT count(*) AS accounts,
       sum(e.credits) AS credits,
       sum(e.credits_due) AS credits_due,
       count(*) FILTER (WHERE e.credits < e.credits_due) AS accounts_short,
       count(*) FILTER (WHERE e.credits > e.credits_due) AS accounts_over,
       count(*) FILTER (WHERE e.credits = e.total_credits_earned - e.total_credits_spent) AS invariant_holds,
       running.say_so,
       running.wrongly_open,
       running.wrongly_closed
FROM entitled AS e,
(
    SELECT count(*) FILTER (WHERE s.runs) AS say_so,
           count(*) FILTER (WHERE s.runs AND NOT f.alive) AS wrongly_open,
           count(*) FILTER (WHERE f.alive AND NOT s.runs) AS wrongly_closed
    FROM (SELECT id, status NOT IN ('finished', 'error') AS runs FROM prediction_sessions) AS s
    JOIN demo.truth AS t ON t.session_id = s.id
    JOIN demo.fates AS f ON f.fate = t.fate
) AS running
GROUP BY running.say_so, running.wrongly_open, running.wrongly_closed;
