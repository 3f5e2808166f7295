-- Gives the app a role of its own, which owns the database but is no superuser. The superuser, postgres, has no password:
-- it can log in only inside the container. Repeating this changes nothing.
BEGIN;

-- Version 0.1.0: the superuser itself is called app. Nobody can rename the role that they logged in as.
SELECT current_user = 'app' AS first_version \gset
\if :first_version
    CREATE ROLE renaming SUPERUSER;
    SET SESSION AUTHORIZATION renaming;
    ALTER ROLE app RENAME TO postgres;
    RESET SESSION AUTHORIZATION;
    DROP ROLE renaming;
\endif
ALTER ROLE postgres PASSWORD NULL;

SELECT 'CREATE ROLE app' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') \gexec
ALTER ROLE app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD 'app';
ALTER DATABASE app OWNER TO app;

-- REASSIGN OWNED does not work for the first superuser, which owns the system's objects too.
SELECT format('ALTER SCHEMA %I OWNER TO app', nspname)
FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
\gexec
SELECT format('ALTER TABLE %s OWNER TO app', class.oid::regclass) -- valid for views and sequences too
FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    -- A column's sequence goes with its table, and an extension's objects stay with it.
    AND NOT EXISTS (
        SELECT FROM pg_depend
        WHERE classid = 'pg_class'::regclass AND objid = class.oid
            AND (deptype = 'e' OR (relkind = 'S' AND deptype IN ('a', 'i')))
    )
\gexec

COMMIT;
