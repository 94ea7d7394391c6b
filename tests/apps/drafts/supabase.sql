-- Supabase's habits: users in another schema, profiles by the user's uuid, a native enum, text transaction kinds.
CREATE SCHEMA auth;
CREATE TABLE auth.users (id uuid PRIMARY KEY, email text);
CREATE TYPE generation_status AS ENUM ('starting', 'processing', 'succeeded', 'failed', 'canceled');
CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users (id), full_name text,
    credits_remaining integer NOT NULL DEFAULT 10, credits_used integer NOT NULL DEFAULT 0, plan_credits_limit integer);
CREATE TABLE generations (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL REFERENCES auth.users (id),
    status generation_status NOT NULL DEFAULT 'starting', model text, prompt text, output_urls text[],
    error text, cost integer, token_count integer, created_at timestamptz NOT NULL DEFAULT now(), completed_at timestamptz);
CREATE TABLE credit_transactions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES auth.users (id), generation_id uuid REFERENCES generations (id),
    amount integer NOT NULL, type text NOT NULL, description text, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO auth.users SELECT gen_random_uuid(), 'x@example.com' FROM generate_series(1, 3);
INSERT INTO profiles (id) SELECT id FROM auth.users;
INSERT INTO generations (user_id, status, cost, error)
    SELECT (SELECT id FROM profiles LIMIT 1), (ARRAY['succeeded', 'failed'])[1 + n % 2]::generation_status, 2, 'NSFW'
    FROM generate_series(1, 20) AS n;
INSERT INTO credit_transactions (user_id, generation_id, amount, type)
    SELECT user_id, id, -cost, 'usage' FROM generations
    UNION ALL
    (SELECT user_id, id, cost, 'refund' FROM generations WHERE status = 'failed' LIMIT 3)
    UNION ALL
    SELECT id, NULL, 100, 'purchase' FROM profiles;
