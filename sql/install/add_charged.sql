-- Adds the column for what the app's books say was charged, where the file has `sessions.charged`.
ALTER TABLE {refunds} ADD COLUMN IF NOT EXISTS charged numeric;
