-- day: one day of the demo's app. The same sessions each time, ending now.
INSERT INTO users (id, credits, total_credits_earned, updated_at)
SELECT format('user_%s', to_char(n, 'FM00')), 50 + 10 * (n % 4), 50 + 10 * (n % 4), now() AT TIME ZONE 'UTC' - interval '1 day'
FROM generate_series(1, 12) AS n;

INSERT INTO demo.fates
    (place, fate, keeps_charge, alive, sessions, status, step, error, minutes_ago, minutes_between)
VALUES
    (1, 'succeeded', true, false, 84, 'finished', 'Done', NULL, 12, 16),
    (2, 'still running', true, true, 5, 'researching', 'Researching', NULL, 3, 9),
    (3, 'all models failed, the app gave back', false, false, 7, 'error',
        'All models failed - credits refunded', 'All models failed', 40, 190),
    (4, 'worker crashed', false, false, 6, 'error',
        'Generating predictions', 'Worker exited unexpectedly (out of memory)', 25, 210),
    (5, 'queue could not be reached', false, false, 5, 'error',
        'Queued', 'Failed to queue session: connection refused', 330, 2),
    (6, 'last retry failed', false, false, 4, 'error',
        'Generating predictions', 'Worker failed after 3 attempts: model timed out', 95, 300),
    (7, 'worker killed, left "generating"', false, false, 4, 'generating',
        'Generating predictions', NULL, 130, 320);

-- A session takes its charge as it starts, whatever becomes of it.
WITH started AS (
    SELECT f.*,
           n,
           now() AT TIME ZONE 'UTC' - make_interval(mins => f.minutes_ago + (n - 1) * f.minutes_between) AS created_at,
           1 + (n * 7 + f.place) % 4 AS models,
           -- nine accounts meet every failure, three are lucky
           1 + (n * 5 + f.place * 3) % CASE WHEN f.keeps_charge THEN 12 ELSE 9 END AS account
    FROM demo.fates AS f, generate_series(1, f.sessions) AS n
),
numbered AS (
    SELECT s.*,
           format('session_%s', to_char(row_number() OVER (ORDER BY s.created_at, s.place), 'FM000')) AS id,
           format('user_%s', to_char(s.account, 'FM00')) AS user_id
    FROM started AS s
),
told AS (
    INSERT INTO prediction_sessions (id, user_id, status, step, selected_models, error, created_at, completed_at)
    SELECT id, user_id, status, step, (ARRAY['claude', 'gemini', 'gpt', 'llama'])[1:models], error, created_at,
           CASE WHEN status = 'finished' THEN created_at + make_interval(mins => 2 + n % 7) END
    FROM numbered
)
INSERT INTO demo.truth (session_id, fate, user_id, charge)
SELECT id, fate, user_id, models FROM numbered;

UPDATE users AS u
SET credits = credits - taken.charge,
    total_credits_spent = total_credits_spent + taken.charge,
    updated_at = now() AT TIME ZONE 'UTC'
FROM (SELECT user_id, sum(charge) AS charge FROM demo.truth GROUP BY user_id) AS taken
WHERE u.id = taken.user_id;

-- The one failure that the app handles: its worker was there to see all models fail, and gave the credits back.
UPDATE users AS u
SET credits = credits + given.charge,
    total_credits_spent = total_credits_spent - given.charge
FROM (
    SELECT s.user_id, sum(cardinality(s.selected_models)) AS charge
    FROM prediction_sessions AS s
    WHERE s.step = 'All models failed - credits refunded'
    GROUP BY s.user_id
) AS given
WHERE u.id = given.user_id;
