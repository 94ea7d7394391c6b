-- Django's habits: app prefixes, a status checked by a constraint, no native enums, an account model beside the user.
CREATE TABLE auth_user (id serial PRIMARY KEY, username varchar(150) NOT NULL UNIQUE, date_joined timestamptz NOT NULL);
CREATE TABLE billing_wallet (id bigserial PRIMARY KEY, balance numeric(10, 2) NOT NULL, lifetime_spent numeric(10, 2),
    modified timestamptz NOT NULL, user_id integer NOT NULL UNIQUE REFERENCES auth_user (id));
CREATE TABLE billing_wallettransaction (id bigserial PRIMARY KEY, amount numeric(10, 2) NOT NULL,
    balance_after numeric(10, 2) NOT NULL, kind varchar(20) NOT NULL, created timestamptz NOT NULL,
    wallet_id bigint NOT NULL REFERENCES billing_wallet (id), generation_id uuid,
    CHECK (kind IN ('topup', 'charge', 'refund')));
CREATE TABLE studio_generation (id uuid PRIMARY KEY, state varchar(16) NOT NULL, prompt text NOT NULL,
    cost numeric(10, 2) NOT NULL, failure_reason text NOT NULL, refunded boolean NOT NULL DEFAULT false,
    created timestamptz NOT NULL, modified timestamptz NOT NULL, finished timestamptz, last_heartbeat timestamptz,
    user_id integer NOT NULL REFERENCES auth_user (id), reviewed_by_id integer REFERENCES auth_user (id),
    CHECK (state IN ('queued', 'generating', 'succeeded', 'failed', 'timed_out')));
CREATE TABLE django_migrations (id bigserial PRIMARY KEY, app varchar, name varchar, applied timestamptz);
INSERT INTO auth_user SELECT n, 'u' || n, now() FROM generate_series(1, 3) AS n;
INSERT INTO billing_wallet (balance, modified, user_id) SELECT 10.5, now(), n FROM generate_series(1, 3) AS n;
INSERT INTO studio_generation (id, state, prompt, cost, failure_reason, created, modified, user_id)
    SELECT gen_random_uuid(), (ARRAY['succeeded', 'failed'])[1 + n % 2], 'a cat', 1.25, '', now(), now(), 1 + n % 3
    FROM generate_series(1, 40) AS n;
INSERT INTO billing_wallettransaction (amount, balance_after, kind, created, wallet_id, generation_id)
    SELECT -1.25, 0, 'charge', now(), user_id, id FROM studio_generation;
UPDATE studio_generation SET last_heartbeat = modified WHERE state = 'succeeded';
