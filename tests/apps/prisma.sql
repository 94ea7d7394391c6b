CREATE SCHEMA app;
CREATE TYPE app."JobStatus" AS ENUM ('PENDING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED');
CREATE TYPE app."TxType" AS ENUM ('CHARGE', 'REFUND', 'BONUS');
CREATE TABLE app."User" (
    "id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "creditBalance" numeric(12, 2) NOT NULL,
    "updatedAt" timestamp(3) NOT NULL DEFAULT now()
);
CREATE TABLE app."Job" (
    "id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "userId" uuid REFERENCES app."User" ("id"),
    "status" app."JobStatus" NOT NULL DEFAULT 'PENDING',
    "errorMessage" text,
    "createdAt" timestamp(3) NOT NULL DEFAULT now(),
    "heartbeatAt" timestamp(3),
    "failedAt" timestamp(3)
);
CREATE TABLE app."JobItem" (
    "id" bigserial PRIMARY KEY,
    "jobId" uuid NOT NULL REFERENCES app."Job" ("id") ON DELETE CASCADE,
    "price" numeric(12, 2),
    "delivered" boolean NOT NULL DEFAULT false
);
CREATE TABLE app."CreditTransaction" (
    "id" text PRIMARY KEY,
    "userId" uuid NOT NULL REFERENCES app."User" ("id"),
    "jobId" text,
    "type" app."TxType" NOT NULL,
    "amount" numeric(12, 2) NOT NULL,
    "note" text,
    "createdAt" timestamp(3) NOT NULL DEFAULT now()
);
