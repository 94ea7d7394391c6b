-- Free credits are spent before bought ones, and the session knows what came from which. The price is there also when
-- nothing was taken.
CREATE TABLE readers (
    id uuid PRIMARY KEY,
    free_left integer NOT NULL CHECK (free_left >= 0),
    bought_left integer NOT NULL CHECK (bought_left >= 0)
);
CREATE TABLE audiobooks (
    id uuid PRIMARY KEY,
    reader_id uuid NOT NULL REFERENCES readers,
    status text NOT NULL,
    price integer NOT NULL,
    of_free integer NOT NULL,
    of_bought integer NOT NULL,
    refunded_at timestamptz,
    ordered_at timestamptz NOT NULL,
    ended_at timestamptz
);
