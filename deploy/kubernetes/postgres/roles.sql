-- Gives the app a role of its own, which owns the database but is no superuser. The superuser can log in only inside the pod.
\set password `cat /run/secrets/postgres/database_password`
CREATE ROLE app LOGIN PASSWORD :'password';
ALTER DATABASE app OWNER TO app;
ALTER ROLE postgres PASSWORD NULL;
