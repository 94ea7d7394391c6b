CREATE TYPE session_status AS ENUM (
    'initializing', 'queued', 'researching', 'generating', 'finished', 'error'
);
CREATE TABLE users (
    id text PRIMARY KEY,
    credits int NOT NULL,
    total_credits_earned int NOT NULL,
    total_credits_spent int NOT NULL DEFAULT 0,
    updated_at timestamp
);
CREATE TABLE prediction_sessions (
    id text PRIMARY KEY,
    user_id text,
    status session_status,
    step text,
    selected_models text[],
    error text,
    created_at timestamp,
    completed_at timestamp
);
