-- Presentation transactions. secret_sealed and result_sealed are PERSONAL DATA and short-lived.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

CREATE TABLE presentation (
	id uuid PRIMARY KEY,
	request_id uuid NOT NULL UNIQUE,
	party_id bigint NOT NULL,
	flow smallint NOT NULL,
	mode smallint NOT NULL,
	nonce_hash bytea NOT NULL,
	secret_sealed bytea,
	query text NOT NULL,
	policy_id text NOT NULL,
	client_id text NOT NULL,
	response_uri text NOT NULL,
	return_url text NOT NULL,
	request_object bytea NOT NULL,
	created bigint NOT NULL,
	expires bigint NOT NULL,
	state smallint NOT NULL CHECK (state BETWEEN 0 AND 6),   -- enum reg_presentation_state
	tries smallint NOT NULL DEFAULT 0,
	result_sealed bytea,
	code text NOT NULL DEFAULT '',
	response_code_hash bytea,
	answered_by uuid,
	delivered_by uuid
);
CREATE INDEX presentation_expires ON presentation (expires);
GRANT SELECT, INSERT ON presentation TO idr_verifier;
GRANT UPDATE (state, tries, secret_sealed, result_sealed, code, response_code_hash, answered_by,
    delivered_by) ON presentation TO idr_verifier;
