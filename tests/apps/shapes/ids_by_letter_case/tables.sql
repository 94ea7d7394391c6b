-- Ids of mixed case, two of which differ by nothing else; accounts, too.
CREATE TABLE owners ("Handle" text PRIMARY KEY, "Credits" integer NOT NULL);
CREATE TABLE prints (
    code varchar(12) PRIMARY KEY,
    owner text NOT NULL REFERENCES owners,
    "Status" varchar(10) NOT NULL,
    "Cost" smallint NOT NULL,
    "Refunded" boolean NOT NULL DEFAULT false,
    "CreatedAt" timestamptz NOT NULL,
    "EndedAt" timestamptz
);
