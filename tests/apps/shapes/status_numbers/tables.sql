-- The state is a number whose names are in the app's code alone: 0 waiting, 1 at work, 2 done, 3 failed. Times are UTC.
CREATE TABLE painters (
    id bigserial PRIMARY KEY,
    tokens integer NOT NULL,
    updated_at timestamp(6) NOT NULL
);
CREATE TABLE paintings (
    id bigserial PRIMARY KEY,
    painter_id bigint NOT NULL REFERENCES painters,
    state smallint NOT NULL DEFAULT 0,
    tokens_taken integer NOT NULL DEFAULT 0,
    fault varchar,
    given_back_at timestamp(6),
    done_at timestamp(6),
    created_at timestamp(6) NOT NULL,
    updated_at timestamp(6) NOT NULL
);
