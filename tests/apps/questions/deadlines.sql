-- Each clip has its own end, once a worker has it.
CREATE TABLE users (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE clips (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, status text NOT NULL, credits_cost int,
    output_url text, created_at timestamptz NOT NULL DEFAULT now(), render_deadline timestamptz);
INSERT INTO users SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO clips SELECT n, 1 + n % 3, (ARRAY['failed', 'rendering', 'done'])[n % 3 + 1], 2 FROM generate_series(0, 29) AS n;
UPDATE clips SET status = 'failed' WHERE id = 1;
UPDATE clips SET status = 'rendering' WHERE id = 0;
UPDATE clips SET render_deadline = now() + interval '1 hour' WHERE status = 'rendering' AND id > 10;
