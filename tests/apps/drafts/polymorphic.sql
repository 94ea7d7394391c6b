-- Rails again: a ledger whose rows name their source by type and id, accounts apart from users, payments that fail too.
CREATE TABLE accounts (id bigserial PRIMARY KEY, name varchar NOT NULL, credits_balance numeric(12,2) DEFAULT 0 NOT
    NULL, plan_id bigint, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE users (id bigserial PRIMARY KEY, email varchar NOT NULL, account_id bigint NOT NULL REFERENCES accounts,
    sign_in_count int, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE plans (id bigserial PRIMARY KEY, name varchar, monthly_credits numeric(12,2), price_cents int);
CREATE TABLE transcriptions (id bigserial PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts, user_id bigint
    NOT NULL REFERENCES users, aasm_state varchar DEFAULT 'pending' NOT NULL, duration_minutes numeric, cost
    numeric(12,2), error_message text, processing_started_at timestamp(6), finished_at timestamp(6), errored_at
    timestamp(6), created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE credit_transactions (id bigserial PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts,
    source_type varchar, source_id bigint, kind varchar NOT NULL, amount numeric(12,2) NOT NULL, created_at
    timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE solid_queue_jobs (id bigserial PRIMARY KEY, queue_name varchar NOT NULL, class_name varchar NOT NULL,
    arguments text, finished_at timestamp(6), created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE payments (id bigserial PRIMARY KEY, account_id bigint REFERENCES accounts, status varchar NOT NULL,
    amount numeric(12,2), error_message text, failed_at timestamp(6), created_at timestamp(6) NOT NULL);
INSERT INTO accounts SELECT n,'a',50,1,now(),now() FROM generate_series(1,4) n;
INSERT INTO users SELECT n,'e',1+n%4,1,now(),now() FROM generate_series(1,6) n;
INSERT INTO transcriptions (account_id,user_id,aasm_state,cost,created_at,updated_at) SELECT
    1+n%4,1+n%6,(ARRAY['pending','transcribing','finished','errored'])[1+n%4],2.5,now(),now() FROM
    generate_series(1,100) n;
INSERT INTO credit_transactions(account_id,source_type,source_id,kind,amount,created_at,updated_at) SELECT
    account_id,'Transcription',id,'charge',-cost,now(),now() FROM transcriptions;
INSERT INTO credit_transactions(account_id,source_type,source_id,kind,amount,created_at,updated_at) SELECT
    account_id,'Transcription',id,'refund',cost,now(),now() FROM transcriptions WHERE aasm_state='errored' LIMIT 5;
INSERT INTO credit_transactions(account_id,source_type,source_id,kind,amount,created_at,updated_at) SELECT
    1,'Payment',n,'purchase',50,now(),now() FROM generate_series(1,9) n;
INSERT INTO payments(account_id,status,amount,created_at) SELECT
    1,(ARRAY['succeeded','failed','pending'])[1+n%3],50,now() FROM generate_series(1,60) n;
