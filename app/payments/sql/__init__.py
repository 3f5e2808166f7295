"""The SQL statements of the payments: the ORM takes longer to build them than Postgres to run them."""
