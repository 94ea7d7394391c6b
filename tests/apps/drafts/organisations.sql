-- Ulids, a table of credits beside the organisation, states whose end is called after the work.
CREATE TABLE organisation (organisation_id varchar(26) PRIMARY KEY, title text);
CREATE TABLE app_user (user_id varchar(26) PRIMARY KEY, organisation_id varchar(26) REFERENCES organisation, email
    text);
CREATE TABLE organisation_credits (organisation_id varchar(26) PRIMARY KEY REFERENCES organisation, available_credits
    numeric(18,4) NOT NULL DEFAULT 0, consumed_credits numeric(18,4) NOT NULL DEFAULT 0, granted_credits numeric(18,4)
    NOT NULL DEFAULT 0, modified_at timestamptz);
CREATE TABLE export_request (export_request_id varchar(26) PRIMARY KEY, organisation_id varchar(26) NOT NULL
    REFERENCES organisation, requested_by varchar(26) NOT NULL REFERENCES app_user, export_state varchar(20) NOT NULL,
    delivery_state varchar(20), charged_credits numeric(18,4), failure_reason text, requested_at timestamptz NOT NULL,
    finished_at timestamptz, credits_refunded_at timestamptz);
CREATE TABLE audit_log (id bigserial PRIMARY KEY, actor_id varchar(26), action text, status text, error text,
    created_at timestamptz);
INSERT INTO organisation SELECT 'o'||n,'t' FROM generate_series(1,3) n;
INSERT INTO app_user SELECT 'u'||n,'o'||1+n%3,'e' FROM generate_series(1,6) n;
INSERT INTO organisation_credits SELECT organisation_id,90,10,100 FROM organisation;
INSERT INTO export_request SELECT
    'x'||n,'o'||1+n%3,'u'||1+n%6,(ARRAY['Requested','Exporting','Exported','Failed'])[1+n%4],(ARRAY['sent','failed'])[1+n%2],1.5,NULL,now()
    FROM generate_series(1,80) n;
INSERT INTO audit_log (action,status) SELECT 'login',(ARRAY['ok','failed'])[1+n%2] FROM generate_series(1,80) n;
