-- The authorization code flow: pushed requests, and the codes and refresh tokens they become.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

-- One row is one authorization, from the push to its last refresh. request_uri, code and refresh token as hashes;
-- what the wallet wants back (redirect_uri, state) sealed, and wiped when no page can need it.
CREATE TABLE authorization_request (
	id uuid PRIMARY KEY,
	uri_hash bytea NOT NULL UNIQUE CHECK (length(uri_hash) = 32),
	client_id text NOT NULL,
	redirect_hash bytea NOT NULL CHECK (length(redirect_hash) = 32),
	challenge bytea NOT NULL CHECK (length(challenge) = 32),
	jkt bytea CHECK (length(jkt) = 32),
	configurations text NOT NULL,
	detailed text NOT NULL,             -- of these, the ones asked for by authorization_details
	offer_id uuid,
	request_sealed bytea,
	uri_expires bigint NOT NULL,
	expires bigint NOT NULL,            -- until then the citizen must have decided
	decided_by uuid,                    -- the request that ended it: from then on the request_uri is used
	person_id bigint,                   -- who authorized; NULL: refused
	reference_sealed bytea,             -- PERSONAL DATA: row key, for a type with a source
	code_hash bytea UNIQUE CHECK (length(code_hash) = 32),
	code_expires bigint,
	redeemed_by uuid,
	token_hash bytea,
	refresh_hash bytea UNIQUE CHECK (length(refresh_hash) = 32),
	refresh_expires bigint,
	instance bytea CHECK (length(instance) = 32)    -- thumbprint of the attested key the refresh token is bound to
);
CREATE INDEX authorization_request_expires ON authorization_request (expires);
GRANT SELECT, INSERT, UPDATE (decided_by, person_id, reference_sealed, code_hash, code_expires, redeemed_by,
    token_hash, refresh_hash, refresh_expires, instance) ON authorization_request TO idr_issuer;

-- client_id NULL: nobody authenticated (pre-authorized code). detailed: those the wallet asks for by identifier.
ALTER TABLE token ADD COLUMN client_id text, ADD COLUMN detailed text NOT NULL DEFAULT '',
	ADD COLUMN authorization_id uuid;
CREATE INDEX token_authorization ON token (authorization_id) WHERE authorization_id IS NOT NULL;

-- What an offer holds is an issuer_state, good for one authorization, and no code.
ALTER TABLE offer ADD COLUMN issuer_state boolean NOT NULL DEFAULT false;

-- A code came a second time (RFC 6749 section 4.1.2): what came of it ends. The row of the authorization first: a
-- refresh that runs at the same time holds it, and its token is seen afterwards.
CREATE FUNCTION revoke_authorizations(uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = rail, pg_catalog, pg_temp
AS $$
BEGIN
	UPDATE authorization_request SET refresh_expires = 0 WHERE id = ANY ($1);
	UPDATE token SET expires = 0 WHERE authorization_id = ANY ($1);
END $$;
REVOKE ALL ON FUNCTION revoke_authorizations(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION revoke_authorizations(uuid[]) TO idr_issuer;

-- What tokens stand for, by place. Where no offer led to a token, the row key is that of its authorization, and
-- sealed for it.
DROP FUNCTION load_tokens(bytea[]);
CREATE FUNCTION load_tokens(bytea[]) RETURNS TABLE (place bigint, jkt bytea, person_id bigint,
    configurations text, expires bigint, claims bytea, offer_id uuid, reference bytea, offer_claims bytea,
    client_id text, detailed text)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT h.i - 1, t.jkt, t.person_id, t.configurations, t.expires, s.claims_sealed,
	    coalesce(t.offer_id, t.authorization_id),
	    CASE WHEN t.offer_id IS NULL THEN a.reference_sealed ELSE o.reference_sealed END, o.claims_sealed,
	    t.client_id, t.detailed
	FROM unnest($1) WITH ORDINALITY AS h(hash, i) JOIN token t ON t.token_hash = h.hash
	LEFT JOIN offer o ON o.offer_id = t.offer_id
	LEFT JOIN authorization_request a ON a.id = t.authorization_id
	LEFT JOIN subject s ON s.holder_shard = (t.person_id & 1023) AND s.person_id = t.person_id;
END $$;
REVOKE ALL ON FUNCTION load_tokens FROM PUBLIC;
GRANT EXECUTE ON FUNCTION load_tokens TO idr_issuer;

-- Of dead offers, of expired ones, and of redeemed ones whose token has expired. An issuer_state that is used has no
-- token before its code is redeemed, a minute later at most.
CREATE OR REPLACE FUNCTION wipe_offers(now bigint) RETURNS void
LANGUAGE sql SET search_path = rail, pg_catalog, pg_temp
AS $$
	UPDATE offer o SET reference_sealed = NULL, claims_sealed = NULL
	WHERE (reference_sealed IS NOT NULL OR claims_sealed IS NOT NULL)
	    AND CASE WHEN redeemed_by IS NULL THEN expires <= now OR cardinality(wrong) >= 5
	        WHEN issuer_state AND token_hash IS NULL THEN expires <= now - 120
	        ELSE NOT EXISTS (SELECT 1 FROM token t WHERE t.token_hash = o.token_hash AND t.expires > now) END
$$;

CREATE FUNCTION sweep_authorizations(now bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = rail, pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
	UPDATE authorization_request SET request_sealed = NULL
	WHERE expires < $1 - 600 AND request_sealed IS NOT NULL;
	DELETE FROM authorization_request a WHERE a.expires < $1 - 3600 AND coalesce(a.refresh_expires, 0) < $1
	    AND NOT EXISTS (SELECT 1 FROM token t WHERE t.authorization_id = a.id AND t.expires > $1);
$$;
REVOKE ALL ON FUNCTION sweep_authorizations(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_authorizations(bigint) TO idr_issuer, idr_verifier, idr_status, idr_admin;
