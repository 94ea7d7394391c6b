-- Users by the id of a login service, prefixed tables, no foreign key anywhere: only rows tell what refers to what.
CREATE TABLE app_users (id serial PRIMARY KEY, clerk_id text NOT NULL UNIQUE, email text NOT NULL UNIQUE, credits
    integer NOT NULL DEFAULT 10);
CREATE TABLE app_generations (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id text NOT NULL, status text NOT
    NULL, error_message text, credits_charged integer NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz);
CREATE TABLE app_credit_history (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id text NOT NULL, task_id uuid,
    action text NOT NULL, amount integer NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO app_users(clerk_id,email) SELECT 'user_'||n,'e'||n FROM generate_series(1,5) n;
INSERT INTO app_generations(user_id,status,credits_charged) SELECT
    'user_'||1+n%5,(ARRAY['pending','running','success','failed'])[1+n%4],2 FROM generate_series(1,60) n;
INSERT INTO app_credit_history(user_id,task_id,action,amount) SELECT user_id,id,'generate',-2 FROM app_generations;
INSERT INTO app_credit_history(user_id,task_id,action,amount) SELECT user_id,id,'refund_failed_generation',2 FROM
    app_generations WHERE status='failed' LIMIT 3;
