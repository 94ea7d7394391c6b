CREATE TABLE customers (
    id bigserial PRIMARY KEY,
    name text
);
CREATE TABLE projects (
    id bigserial PRIMARY KEY,
    owner_id bigint REFERENCES customers (id)
);
CREATE TABLE renders (
    id bigserial PRIMARY KEY,
    project_id bigint REFERENCES projects (id),
    state varchar(20) NOT NULL,
    charge decimal(14, 3),
    message text,
    started timestamptz,
    beat timestamptz,
    ended timestamptz
);
CREATE TABLE credit_entries (
    id uuid PRIMARY KEY,
    customer_id bigint NOT NULL,
    render_id bigint,
    kind text NOT NULL,
    amount decimal(14, 3) NOT NULL,
    booked_at timestamptz NOT NULL DEFAULT now()
);
