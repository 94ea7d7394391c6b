-- Credits of a floating type, in quarters: what was charged and what an account has.
CREATE TABLE agents (id bigserial PRIMARY KEY, budget double precision NOT NULL, updated timestamp NOT NULL DEFAULT now());
CREATE TABLE calls (
    id bigserial PRIMARY KEY,
    agent_id bigint NOT NULL REFERENCES agents,
    status text NOT NULL,
    cost real NOT NULL,
    refunded boolean NOT NULL DEFAULT false,
    began timestamp NOT NULL,
    ended timestamp
);
