-- The roles whose rights each role has or can take, its own too; superusers may take any. Since version 16 a membership
-- says what it gives: the rights of the role, SET ROLE, both, or, unless it may be granted on, nothing.
memberships AS MATERIALIZED (
    SELECT m.member,
           m.roleid,
           m.admin_option AS grants,
           coalesce((m.given ->> 'set_option'::text)::boolean, true) AS sets,
           coalesce((m.given ->> 'inherit_option'::text)::boolean, true) AS inherits
    FROM (
        SELECT a.member, a.roleid, a.admin_option, pg_catalog.to_jsonb(a) AS given
        FROM pg_catalog.pg_auth_members AS a
        OFFSET 0  -- once a row
    ) AS m
    UNION ALL
    SELECT d.datdba, r.oid, false, true, true
    FROM pg_catalog.pg_database AS d
    JOIN pg_catalog.pg_roles AS r ON r.rolname = 'pg_database_owner'
    WHERE d.datname = pg_catalog.current_database()
),
-- who has only inherited the rights of a role cannot SET ROLE to others of which that is a member
acting (who, role, sets) AS (
    SELECT r.oid, r.oid, true
    FROM pg_catalog.pg_roles AS r
    UNION
    SELECT a.who, m.roleid, m.grants OR a.sets AND m.sets
    FROM acting AS a
    JOIN memberships AS m ON m.member = a.role
    WHERE m.grants OR m.inherits OR a.sets AND m.sets
)
