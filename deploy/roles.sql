-- The two roles of the hub, on a new PostgreSQL server. Run once as a superuser, then set the passwords:
--   ALTER ROLE hub_owner PASSWORD '...'; ALTER ROLE hub_app PASSWORD '...';
-- hub_owner owns the tables and is used by `hub db` only; hub_app serves, and can neither bypass row security
-- nor change the audit.
CREATE ROLE hub_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
CREATE ROLE hub_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
CREATE DATABASE hub OWNER hub_owner ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8' TEMPLATE template0;
REVOKE ALL ON DATABASE hub FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE hub TO hub_app;
-- No statements, no values and no "Key (email)=(...)" in the server's log.
ALTER SYSTEM SET log_error_verbosity = 'terse';
ALTER SYSTEM SET log_min_error_statement = 'panic';
ALTER SYSTEM SET log_parameter_max_length = 0;
ALTER SYSTEM SET log_parameter_max_length_on_error = 0;
SELECT pg_reload_conf();
