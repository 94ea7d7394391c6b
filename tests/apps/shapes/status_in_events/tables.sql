-- The state is the newest event. A refund is an entry, a lot to spend, and a link on the errand; a team or a member pays.
CREATE TYPE step AS ENUM ('OPENED', 'ASKING', 'WORKING', 'DONE', 'BROKEN');
CREATE TABLE "Posting" (
    id text PRIMARY KEY,
    "madeAt" timestamp(3) NOT NULL,
    amount bigint NOT NULL,
    "memberId" text NOT NULL,
    "teamId" text
);
CREATE TABLE "Lot" (
    id text PRIMARY KEY,
    amount bigint NOT NULL CHECK (amount > 0),
    source text NOT NULL CHECK (source IN ('TOPUP', 'REFUND')),
    "aboutId" text NOT NULL,
    "postingId" text NOT NULL UNIQUE REFERENCES "Posting" DEFERRABLE INITIALLY DEFERRED,
    "memberId" text NOT NULL,
    "teamId" text,
    UNIQUE ("aboutId", source)
);
CREATE TABLE "LotUse" (
    id text PRIMARY KEY,
    amount bigint NOT NULL,
    "lotId" text NOT NULL REFERENCES "Lot",
    "postingId" text NOT NULL REFERENCES "Posting"
);
CREATE TABLE "Job" (
    id text PRIMARY KEY,
    "madeAt" timestamp(3) NOT NULL,
    "closedAt" timestamp(3),
    "memberId" text NOT NULL,
    "teamId" text,
    "chargeId" text UNIQUE REFERENCES "Posting",
    "refundId" text UNIQUE REFERENCES "Posting" DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE "JobEvent" (
    id text PRIMARY KEY,
    "madeAt" timestamp(3) NOT NULL,
    "jobId" text NOT NULL REFERENCES "Job",
    step step NOT NULL
);
CREATE INDEX ON "JobEvent" ("jobId", "madeAt");
CREATE FUNCTION newest(job text) RETURNS step STABLE LANGUAGE sql AS $$
    SELECT e.step FROM "JobEvent" AS e WHERE e."jobId" = job ORDER BY e."madeAt" DESC, e.id DESC LIMIT 1
$$;
CREATE FUNCTION refund_job(job text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE posting "Posting";
BEGIN
    PERFORM FROM "Job" WHERE id = job FOR UPDATE;
    SELECT p.* INTO posting FROM "Job" AS j JOIN "Posting" AS p ON p.id = j."chargeId"
    WHERE j.id = job AND "refundId" IS NULL AND newest(job) = 'BROKEN';
    IF NOT FOUND THEN RETURN; END IF;
    INSERT INTO "Posting" VALUES ('back-' || job, now() AT TIME ZONE 'UTC', -posting.amount, posting."memberId", posting."teamId");
    INSERT INTO "Lot" VALUES ('lot-' || job, -posting.amount, 'REFUND', job, 'back-' || job, posting."memberId", posting."teamId");
    UPDATE "Job" SET "refundId" = 'back-' || job WHERE id = job;
END $$;
