-- What the app's books said was charged, kept with each refund: only where the file says how they know.
ALTER TABLE {refunds} ADD COLUMN IF NOT EXISTS charged numeric;
