-- Credentials that wait for an officer's approval (OpenID4VCI 1.0 section 9).
SET LOCAL search_path = rail, pg_catalog, pg_temp;

-- Undecided while approved is NULL. Whoever collects first claims it; a claim without an answer is another's after a
-- while, and only the claim that still stands stores its answer: one is handed out, whatever died on the way.
CREATE TABLE deferral (
	deferral_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	request uuid NOT NULL UNIQUE,
	transaction_hash bytea NOT NULL UNIQUE CHECK (length(transaction_hash) = 32),
	issuance_id uuid NOT NULL,          -- the offer or authorization its tokens came of
	person_id bigint NOT NULL,
	configuration text NOT NULL,
	keys_sealed bytea,                  -- holder keys, until it is handed over
	made_by text,                       -- who made the offer, and may therefore not approve it
	created bigint NOT NULL,
	expires bigint NOT NULL,
	approved boolean,
	decided_by text,
	decided bigint,
	reason text,
	claim uuid,
	claimed bigint,
	credential_id bigint,
	answered bigint,
	jkt bytea CHECK (length(jkt) = 32),
	answer_sealed bytea                 -- PERSONAL DATA: the response, for a minute
);
CREATE INDEX deferral_waiting ON deferral (deferral_id) WHERE approved IS NULL;
CREATE INDEX deferral_expires ON deferral (expires);
GRANT SELECT, INSERT, UPDATE (approved, decided_by, decided, reason, claim, claimed, credential_id, answered, jkt,
    answer_sealed, keys_sealed) ON deferral TO idr_issuer;

-- A token that no refresh token stands behind must outlive the wait, if it is bound to a key; and ends soon once the
-- credential is handed over.
CREATE FUNCTION prolong_tokens(bytea[], bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = rail, pg_catalog, pg_temp
AS $$
	UPDATE token k SET expires = greatest(k.expires, t.expires) FROM unnest($1, $2) AS t(hash, expires)
	WHERE k.token_hash = t.hash AND k.jkt IS NOT NULL AND k.authorization_id IS NULL AND k.expires > 0
$$;
CREATE FUNCTION shorten_tokens(bytea[], bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = rail, pg_catalog, pg_temp
AS $$
	UPDATE token k SET expires = least(k.expires, t.expires) FROM unnest($1, $2) AS t(hash, expires)
	WHERE k.token_hash = t.hash
$$;
REVOKE ALL ON FUNCTION prolong_tokens(bytea[], bigint[]), shorten_tokens(bytea[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prolong_tokens(bytea[], bigint[]), shorten_tokens(bytea[], bigint[]) TO idr_issuer;

CREATE FUNCTION sweep_deferrals(now bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = rail, pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
	UPDATE deferral SET answer_sealed = NULL WHERE answer_sealed IS NOT NULL AND answered < $1 - 60;
	UPDATE deferral SET keys_sealed = NULL WHERE keys_sealed IS NOT NULL AND expires < $1;
	DELETE FROM deferral WHERE expires < $1 - 30 * 86400;
$$;
REVOKE ALL ON FUNCTION sweep_deferrals(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_deferrals(bigint) TO idr_issuer, idr_verifier, idr_status, idr_admin;
