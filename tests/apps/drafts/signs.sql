-- A ledger without a kind: only the sign tells a charge from the rest.
CREATE TABLE users (id text PRIMARY KEY, email text, tokens int NOT NULL DEFAULT 0, api_token text);
CREATE TABLE api_keys (id text PRIMARY KEY, user_id text REFERENCES users, quota int, used int);
CREATE TABLE predictions (id text PRIMARY KEY, user_id text REFERENCES users, model text, status text DEFAULT
    'starting', cost int, logs text, error text, created_at timestamptz DEFAULT now(), started_at timestamptz,
    completed_at timestamptz);
CREATE TABLE token_history (id bigserial PRIMARY KEY, user_id text REFERENCES users, prediction_id text REFERENCES
    predictions, change int NOT NULL, at timestamptz NOT NULL DEFAULT now());
INSERT INTO users SELECT 'u'||n,'e',100 FROM generate_series(1,5) n;
INSERT INTO predictions SELECT 'p'||n,'u'||1+n%5,'m',(ARRAY['succeeded','failed','processing'])[1+n%3],2 FROM
    generate_series(1,80) n;
INSERT INTO token_history (user_id,prediction_id,change) SELECT user_id,id,-2 FROM predictions;
INSERT INTO token_history (user_id,change) SELECT id,100 FROM users;
