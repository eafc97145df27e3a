-- Credential offers and the tokens they become. Hashes and MACs only.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

CREATE TABLE offer (
	offer_id uuid PRIMARY KEY,
	code_hash bytea NOT NULL UNIQUE CHECK (length(code_hash) = 32),
	code_sealed bytea NOT NULL,
	tx_code_mac bytea CHECK (length(tx_code_mac) = 32),
	tx_code_length smallint NOT NULL,
	person_id bigint NOT NULL,
	configurations text NOT NULL,
	expires bigint NOT NULL,
	operator text NOT NULL,
	request uuid NOT NULL UNIQUE,
	wrong uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(wrong) <= 5),  -- requests with a wrong tx_code
	redeemed_by uuid,
	token_hash bytea
);
CREATE INDEX offer_expires ON offer (expires);
GRANT SELECT, INSERT, UPDATE (wrong, redeemed_by, token_hash) ON offer TO idr_issuer;

CREATE TABLE token (
	token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
	jkt bytea CHECK (length(jkt) = 32),
	person_id bigint NOT NULL,
	configurations text NOT NULL,
	expires bigint NOT NULL
);
CREATE INDEX token_expires ON token (expires);
GRANT SELECT, INSERT ON token TO idr_issuer;
