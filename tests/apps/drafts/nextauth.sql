-- A Prisma app with NextAuth: tables called Account and Session that are neither, no refund booked yet.
CREATE TYPE "GenerationStatus" AS ENUM ('PENDING','PROCESSING','COMPLETED','FAILED');
CREATE TYPE "TransactionType" AS ENUM ('PURCHASE','USAGE','REFUND','BONUS');
CREATE TABLE "User" ("id" text PRIMARY KEY, "email" text UNIQUE, "name" text, "credits" integer NOT NULL DEFAULT 0,
    "role" text NOT NULL DEFAULT 'USER', "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt"
    timestamp(3) NOT NULL);
CREATE TABLE "Account" ("id" text PRIMARY KEY, "userId" text NOT NULL REFERENCES "User", "type" text NOT NULL,
    "provider" text NOT NULL, "providerAccountId" text NOT NULL, "refresh_token" text, "access_token" text,
    "expires_at" integer, "token_type" text, "session_state" text);
CREATE TABLE "Session" ("id" text PRIMARY KEY, "sessionToken" text UNIQUE NOT NULL, "userId" text NOT NULL REFERENCES
    "User", "expires" timestamp(3) NOT NULL);
CREATE TABLE "Generation" ("id" text PRIMARY KEY, "userId" text NOT NULL REFERENCES "User", "status"
    "GenerationStatus" NOT NULL DEFAULT 'PENDING', "prompt" text NOT NULL, "modelId" text, "creditsUsed" integer NOT
    NULL DEFAULT 0, "errorMessage" text, "imageUrls" text[], "createdAt" timestamp(3) NOT NULL DEFAULT
    CURRENT_TIMESTAMP, "updatedAt" timestamp(3) NOT NULL, "completedAt" timestamp(3));
CREATE TABLE "Transaction" ("id" text PRIMARY KEY, "userId" text NOT NULL REFERENCES "User", "type" "TransactionType"
    NOT NULL, "amount" integer NOT NULL, "description" text, "generationId" text REFERENCES "Generation",
    "stripePaymentId" text UNIQUE, "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "Subscription" ("id" text PRIMARY KEY, "userId" text UNIQUE REFERENCES "User", "status" text NOT NULL,
    "creditsPerMonth" integer, "currentPeriodEnd" timestamp(3));
CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
    migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL
    DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0);
INSERT INTO "User"(id,email,credits,"updatedAt") SELECT 'u'||n,'e'||n,20,now() FROM generate_series(1,5) n;
INSERT INTO "Generation" (id,"userId",status,prompt,"creditsUsed","errorMessage","updatedAt") SELECT
    'g'||n,'u'||1+n%5,(ARRAY['PENDING','PROCESSING','COMPLETED','FAILED'])[1+n%4]::"GenerationStatus",'p',3,NULL,now()
    FROM generate_series(1,100) n;
INSERT INTO "Transaction"(id,"userId",type,amount,"generationId") SELECT 't'||id,"userId",'USAGE',-3,id FROM
    "Generation";
