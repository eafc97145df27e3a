-- People as imported (sealed), the keys they are found by, holder keys, relying parties.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

CREATE SEQUENCE person_id;
GRANT USAGE ON SEQUENCE person_id TO idr_admin;

-- Row key of the source -> person. Distributed by the key itself.
CREATE TABLE subject_key (
	key_blind bytea PRIMARY KEY CHECK (length(key_blind) = 32),
	person_id bigint NOT NULL
);
-- PERSONAL DATA, sealed row by row with the person id as context.
CREATE TABLE subject (
	holder_shard smallint NOT NULL CHECK (holder_shard = (person_id & 1023)),
	person_id bigint NOT NULL,
	content_mac bytea NOT NULL CHECK (length(content_mac) = 32),
	claims_sealed bytea NOT NULL,
	changed timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (holder_shard, person_id)
);
GRANT SELECT, INSERT ON subject_key TO idr_admin;
GRANT SELECT ON subject_key TO idr_issuer, idr_status;
GRANT SELECT ON subject TO idr_issuer;
-- importing needs no reading of claims
GRANT INSERT, SELECT (holder_shard, person_id, content_mac),
    UPDATE (content_mac, claims_sealed, changed) ON subject TO idr_admin;

-- A holder key belongs to one person (security brief I8). Keyed 8-byte hash, nothing else.
CREATE TABLE holder_key (
	key_hash bigint PRIMARY KEY,
	person_id bigint NOT NULL
);
GRANT SELECT, INSERT ON holder_key TO idr_issuer;

CREATE TABLE party (
	party_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
	policies text NOT NULL,
	return_urls text NOT NULL,
	cross_device boolean NOT NULL,
	disabled boolean NOT NULL DEFAULT false,
	created bigint NOT NULL,
	request uuid NOT NULL UNIQUE
);
GRANT SELECT ON party TO idr_verifier, idr_admin;
GRANT INSERT, UPDATE (key_hash, disabled) ON party TO idr_admin;
