-- Roles, the database's place in its own history, health, audit, single use.
-- Runs as owner inside one transaction. Times are seconds since 1970-01-01 UTC unless the type says more.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

-- Group roles (security brief R7). Membership is given by whoever makes the logins.
DO $$
DECLARE r text;
BEGIN
	FOREACH r IN ARRAY ARRAY['idr_issuer', 'idr_verifier', 'idr_status', 'idr_admin'] LOOP
		IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = r) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN', r);
		END IF;
	END LOOP;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA rail TO idr_issuer, idr_verifier, idr_status, idr_admin;
GRANT SELECT ON migration TO idr_issuer, idr_verifier, idr_status, idr_admin;
ALTER DEFAULT PRIVILEGES IN SCHEMA rail REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- One row, touched by the health check: a database that reads but does not write is not healthy.
CREATE TABLE heartbeat (one boolean PRIMARY KEY DEFAULT true CHECK (one), at timestamptz NOT NULL);
INSERT INTO heartbeat (at) VALUES (now());
GRANT SELECT, UPDATE (at) ON heartbeat TO idr_issuer, idr_verifier, idr_status, idr_admin;

-- Where the log stands. pg_control_system() is not for everybody, so these run as owner.
CREATE FUNCTION wal_position(OUT system_id bigint, OUT timeline bigint, OUT lsn bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
	SELECT system_identifier,
	    ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint,
	    (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint
	FROM pg_control_system()
$$;

-- The line of history a status list belongs to: another one after a restore or a promotion.
CREATE FUNCTION timeline() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
	SELECT system_identifier || ':' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
	FROM pg_control_system()
$$;
REVOKE ALL ON FUNCTION wal_position(), timeline() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wal_position(), timeline() TO idr_issuer, idr_verifier, idr_status, idr_admin;

-- Append-only. No personal data: numbers, published words, operators' names.
CREATE TABLE audit (
	audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT now(),
	actor text NOT NULL,
	action text NOT NULL,
	object text NOT NULL,
	reason text NOT NULL,
	request uuid NOT NULL,
	UNIQUE (request, action, object)
);
GRANT INSERT ON audit TO idr_issuer, idr_verifier, idr_status, idr_admin;
GRANT SELECT ON audit TO idr_admin;

-- Used nonces and jti: refused the second time. Dropped whole by the day of the value's own time.
CREATE TABLE used (
	day int NOT NULL,
	value bytea NOT NULL,
	request uuid NOT NULL,
	PRIMARY KEY (day, value)
) PARTITION BY RANGE (day);
GRANT SELECT, INSERT ON used TO idr_issuer;
