-- Nothing declared: no foreign keys, no enums, camelCase in a schema of its own; the workspace of a project pays.
CREATE SCHEMA "App";
CREATE TABLE "App"."Workspace" ("workspaceId" text PRIMARY KEY, "tokenBalance" bigint NOT NULL, "ownerId" text);
CREATE TABLE "App"."Project" ("id" text PRIMARY KEY, "workspaceId" text NOT NULL REFERENCES "App"."Workspace");
CREATE TABLE "App"."ExportTask" ("id" text PRIMARY KEY, "projectId" text NOT NULL REFERENCES "App"."Project",
    "taskState" text NOT NULL, "tokenCost" bigint, "lastError" text, "insertedAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL, "step" text);
CREATE TABLE "App"."EmailNotification" ("id" text PRIMARY KEY, "status" text NOT NULL, "error" text,
    "workspaceId" text REFERENCES "App"."Workspace", "createdAt" timestamptz);
INSERT INTO "App"."Workspace" VALUES ('w1', 100, 'o');
INSERT INTO "App"."Project" VALUES ('p1', 'w1');
INSERT INTO "App"."ExportTask"
    SELECT 't' || n, 'p1', (ARRAY['QUEUED', 'EXPORTING', 'DONE', 'ERRORED'])[1 + n % 4], 4, NULL, now(), now(),
           CASE WHEN n % 8 = 3 THEN 'Gave up, tokens refunded' END
    FROM generate_series(1, 80) AS n;
INSERT INTO "App"."EmailNotification"
    SELECT 'e' || n, (ARRAY['queued', 'sent', 'failed'])[1 + n % 3], NULL, 'w1', now() FROM generate_series(1, 80) AS n;
