-- Optimistic locking as Rails does it: whoever writes has read the version, writes whole values, and raises the version.
CREATE TABLE users (
    id bigserial PRIMARY KEY,
    credits integer NOT NULL DEFAULT 0,
    lock_version integer NOT NULL DEFAULT 0
);
CREATE TABLE scenes (
    id bigserial PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users,
    status integer NOT NULL DEFAULT 0,
    cost integer NOT NULL,
    refunded_at timestamp(6),
    finished_at timestamp(6),
    created_at timestamp(6) NOT NULL,
    lock_version integer NOT NULL DEFAULT 0
);
CREATE FUNCTION refund_scene(which bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE s scenes; u users;
BEGIN
    LOOP  -- a stale object is read again
        SELECT * INTO s FROM scenes WHERE id = which;
        IF s.refunded_at IS NOT NULL THEN RETURN; END IF;
        UPDATE scenes SET refunded_at = now() AT TIME ZONE 'UTC', lock_version = s.lock_version + 1
        WHERE id = which AND lock_version = s.lock_version;
        EXIT WHEN FOUND;
    END LOOP;
    LOOP
        SELECT * INTO u FROM users WHERE id = s.user_id;
        UPDATE users SET credits = u.credits + s.cost, lock_version = u.lock_version + 1
        WHERE id = u.id AND lock_version = u.lock_version;
        EXIT WHEN FOUND;
    END LOOP;
END $$;
