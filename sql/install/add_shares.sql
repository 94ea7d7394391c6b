-- Adds the column for what each column of the account took of a refund, where the file has [accounts.add].
ALTER TABLE {refunds} ADD COLUMN IF NOT EXISTS shares jsonb;
