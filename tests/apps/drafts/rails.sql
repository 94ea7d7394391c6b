-- Rails' habits: bigint ids, plural names, text status with a default, counters and other states all around.
CREATE TABLE users (id bigserial PRIMARY KEY, email varchar NOT NULL, credits integer DEFAULT 0 NOT NULL,
    sign_in_count integer DEFAULT 0, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE subscriptions (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users,
    status varchar NOT NULL DEFAULT 'active', monthly_credits integer, created_at timestamp(6) NOT NULL);
CREATE TABLE payments (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users,
    status varchar NOT NULL DEFAULT 'pending', amount_cents integer NOT NULL, error_message text,
    created_at timestamp(6) NOT NULL);
CREATE TABLE video_renders (id bigserial PRIMARY KEY, user_id bigint NOT NULL, status varchar NOT NULL DEFAULT 'pending',
    credits_charged integer, attempts_count integer DEFAULT 0, duration_seconds numeric, error_message text,
    error_code varchar, started_at timestamp(6), completed_at timestamp(6), failed_at timestamp(6),
    created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE render_frames (id bigserial PRIMARY KEY, video_render_id bigint NOT NULL REFERENCES video_renders,
    status varchar NOT NULL DEFAULT 'pending');
INSERT INTO users SELECT n, 'user' || n || '@example.com', 50, 1, now(), now() FROM generate_series(1, 5) AS n;
INSERT INTO payments (user_id, status, amount_cents, created_at)
    SELECT 1, (ARRAY['succeeded', 'failed', 'pending'])[1 + n % 3], 900, now() FROM generate_series(1, 30) AS n;
INSERT INTO video_renders (user_id, status, credits_charged, error_message, created_at, updated_at, failed_at)
    SELECT 1 + n % 5, (ARRAY['pending', 'processing', 'completed', 'failed', 'canceled'])[1 + n % 5], 7, 'out of memory',
           now(), now(), now()
    FROM generate_series(1, 100) AS n;
INSERT INTO render_frames (video_render_id, status)
    SELECT 1 + n % 100, (ARRAY['failed', 'done'])[1 + n % 2] FROM generate_series(1, 300) AS n;
