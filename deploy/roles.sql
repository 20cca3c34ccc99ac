-- The roles of a server of your own, and the database. As a superuser, and as often as you like:
--
--     psql -d postgres -v database=xingji -f deploy/roles.sql
--
-- | role            | may |
-- |-----------------|-----|
-- | xingji_owner    | own the database and its schema; nobody signs in as it |
-- | xingji_migrator | sign in and be the owner: migrate, found, restore |
-- | xingji_app      | sign in and use what migrations grant; under row-level security, never its owner |
-- | xingji_backup   | sign in and read every row, and write none |
--
-- No password is set here. Give each role that signs in one of its own: `\password xingji_app`.
-- What exists is left as it is.

\set ON_ERROR_STOP on
SET client_min_messages TO warning;
\if :{?database}
\else
\set database xingji
\endif
\set plain 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION'

SELECT format('CREATE ROLE %I %s', role, options)
FROM (VALUES
  ('xingji_owner', :'plain' || ' NOBYPASSRLS NOLOGIN'),
  ('xingji_migrator', :'plain' || ' NOBYPASSRLS LOGIN NOINHERIT'),
  ('xingji_app', :'plain' || ' NOBYPASSRLS LOGIN'),
  ('xingji_backup', :'plain' || ' BYPASSRLS LOGIN')
) AS wanted (role, options)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec
GRANT xingji_owner TO xingji_migrator;
GRANT pg_read_all_data TO xingji_backup;

SELECT format('CREATE DATABASE %I OWNER xingji_owner TEMPLATE template0 ENCODING %L', :'database', 'UTF8')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO xingji_migrator, xingji_app, xingji_backup;
-- What the migrator makes is the owner's.
ALTER ROLE xingji_migrator IN DATABASE :"database" SET role TO xingji_owner;
ALTER ROLE xingji_backup IN DATABASE :"database" SET default_transaction_read_only TO on;

\connect :"database"
ALTER SCHEMA public OWNER TO xingji_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO xingji_app;
