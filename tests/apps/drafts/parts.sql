-- The first app as it may really be: a login library's tables called session and account, and predictions, the parts.
CREATE TABLE "user" (id text PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, "emailVerified" boolean,
    credits integer DEFAULT 0 NOT NULL, total_credits_earned integer DEFAULT 0, total_credits_spent integer DEFAULT 0,
    "createdAt" timestamp NOT NULL DEFAULT now(), "updatedAt" timestamp NOT NULL DEFAULT now());
CREATE TABLE session (id text PRIMARY KEY, "expiresAt" timestamp, token text UNIQUE, "userId" text REFERENCES
    "user"(id));
CREATE TABLE account (id text PRIMARY KEY, "accountId" text, "providerId" text, "userId" text REFERENCES "user"(id),
    "accessTokenExpiresAt" timestamp);
CREATE TYPE prediction_session_status AS ENUM ('initializing','queued','researching','generating','finished','error');
CREATE TYPE prediction_status AS ENUM ('pending','processing','success','error');
CREATE TABLE matches (id text PRIMARY KEY, home text, away text, status text, kickoff timestamp);
CREATE TABLE prediction_sessions (id text PRIMARY KEY, user_id text NOT NULL REFERENCES "user"(id), match_id text
    REFERENCES matches(id), status prediction_session_status NOT NULL DEFAULT 'initializing', step text,
    selected_models text[] NOT NULL, error text, created_at timestamp NOT NULL DEFAULT now(), completed_at timestamp,
    updated_at timestamp);
CREATE TABLE predictions (id text PRIMARY KEY, session_id text NOT NULL REFERENCES prediction_sessions(id) ON DELETE
    CASCADE, user_id text REFERENCES "user"(id), model text NOT NULL, status prediction_status NOT NULL DEFAULT
    'pending', error text, tokens_used integer, cost_usd numeric(10,6), created_at timestamp NOT NULL DEFAULT now(),
    completed_at timestamp);
CREATE TABLE purchases (id text PRIMARY KEY, user_id text REFERENCES "user"(id), credits integer NOT NULL,
    amount_cents integer, status text DEFAULT 'pending', stripe_session_id text UNIQUE, created_at timestamp DEFAULT
    now());
INSERT INTO "user"(id,name,email,credits,total_credits_earned,total_credits_spent) SELECT 'u'||n,'n','e'||n,7,10,3
    FROM generate_series(1,5) n;
INSERT INTO prediction_sessions(id,user_id,status,step,selected_models) SELECT
    's'||n,'u'||1+n%5,(ARRAY['finished','error','generating'])[1+n%3]::prediction_session_status, CASE WHEN n%6=1 THEN
    'All models failed - credits refunded' END, ARRAY['a','b'] FROM generate_series(1,90) n;
INSERT INTO predictions(id,session_id,user_id,model,status) SELECT
    'p'||n,'s'||1+n%90,'u1','a',(ARRAY['success','error','processing'])[1+n%3]::prediction_status FROM
    generate_series(1,180) n;
INSERT INTO purchases(id,user_id,credits,status) SELECT 'b'||n,'u1',10,(ARRAY['completed','failed','pending'])[1+n%3]
    FROM generate_series(1,30) n;
