-- Citizens at the authorization endpoint: how they are known, the codes an office gives them, their pages.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

-- The number a citizen knows: a blind index of its own, because the row key of an import may be another one.
-- Not unique: a number that two people have is found to be so and logs nobody in.
ALTER TABLE subject_key ADD COLUMN number_blind bytea CHECK (length(number_blind) = 32);
CREATE INDEX subject_key_number ON subject_key (number_blind) WHERE number_blind IS NOT NULL;
CREATE INDEX subject_key_person ON subject_key (person_id);
GRANT UPDATE (number_blind) ON subject_key TO idr_admin;

-- A one-time code for a person, as keyed MAC. One is open for a number at a time: a newer one replaces it.
CREATE TABLE activation (
	activation_id uuid PRIMARY KEY,
	person_id bigint NOT NULL,
	number_blind bytea NOT NULL CHECK (length(number_blind) = 32),
	code_mac bytea NOT NULL CHECK (length(code_mac) = 32),
	uses_left int NOT NULL CHECK (uses_left >= 0),
	wrong int NOT NULL DEFAULT 0,
	expires bigint NOT NULL,
	replaced boolean NOT NULL DEFAULT false,
	operator text NOT NULL,
	request uuid NOT NULL UNIQUE,
	reference_sealed bytea           -- PERSONAL DATA, sealed: the row key, for types that ask a register with it
);
CREATE UNIQUE INDEX activation_number ON activation (number_blind) WHERE NOT replaced;
CREATE INDEX activation_person ON activation (person_id) WHERE NOT replaced;
CREATE INDEX activation_expires ON activation (expires);
GRANT SELECT, INSERT, UPDATE (replaced, uses_left, wrong) ON activation TO idr_issuer;

-- Wrong tries: of a number, from an address, at the activation in force. Rows of numbers nobody has look the same.
CREATE TABLE login_try (
	who bytea PRIMARY KEY CHECK (length(who) = 32),
	wrong int NOT NULL,
	until bigint NOT NULL,   -- no try counts before
	request uuid NOT NULL    -- the last one counted
);
GRANT SELECT, INSERT, UPDATE ON login_try TO idr_issuer;

-- A browser on its way from the first page to its decision. Hashes of what only the browser holds.
CREATE TABLE login (
	token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),    -- of the hidden field of its forms
	cookie_hash bytea NOT NULL CHECK (length(cookie_hash) = 32),
	authorization_id uuid NOT NULL,
	stage smallint NOT NULL DEFAULT 0 CHECK (stage BETWEEN 0 AND 2), -- logging in, asked for consent, decided
	person_id bigint,
	offer_person bigint,
	wallet text NOT NULL,
	configurations text NOT NULL,
	language text NOT NULL,
	expires bigint NOT NULL,
	request uuid NOT NULL,                                           -- the last one that moved it
	state_hash bytea UNIQUE CHECK (length(state_hash) = 32),         -- while at the national sign-on
	secret_sealed bytea,
	reference_sealed bytea,                                          -- of the activation
	CHECK ((stage = 0) = (person_id IS NULL) OR stage = 2)
);
CREATE INDEX login_expires ON login (expires);
GRANT SELECT, INSERT, UPDATE (token_hash, cookie_hash, stage, person_id, language, request, state_hash,
    secret_sealed, reference_sealed) ON login TO idr_issuer;

CREATE FUNCTION sweep_logins(now bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = rail, pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
	DELETE FROM login WHERE expires < $1 - 600;
	DELETE FROM login_try WHERE until < $1 - 3600;
	UPDATE activation SET reference_sealed = NULL
		WHERE reference_sealed IS NOT NULL AND (uses_left = 0 OR replaced OR expires <= $1);
	DELETE FROM activation WHERE expires < $1 - 30 * 86400;
$$;
REVOKE ALL ON FUNCTION sweep_logins(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_logins(bigint) TO idr_issuer, idr_verifier, idr_status, idr_admin;
