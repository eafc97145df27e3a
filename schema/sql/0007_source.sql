-- Claims from elsewhere: a register asked at issuing, or claims handed over with an offer.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

-- What a type's SELECT runs as. No rights of its own: whoever makes the view grants SELECT on it.
DO $$
BEGIN
	IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'rail_source') THEN
		CREATE ROLE rail_source NOLOGIN;
	END IF;
	IF NOT pg_has_role('idr_issuer', 'rail_source', 'MEMBER') THEN
		GRANT rail_source TO idr_issuer;
	END IF;
END $$;

-- PERSONAL DATA, sealed with the offer id as context; only as long as the offer can be used.
ALTER TABLE offer ADD COLUMN reference_sealed bytea, ADD COLUMN claims_sealed bytea;
CREATE INDEX offer_sealed ON offer (expires)
	WHERE reference_sealed IS NOT NULL OR claims_sealed IS NOT NULL;
ALTER TABLE token ADD COLUMN offer_id uuid;

-- Somebody who was never imported gets a person id with the first offer: holder keys and status need one.
GRANT INSERT ON subject_key TO idr_issuer;
GRANT USAGE ON SEQUENCE person_id TO idr_issuer;

-- Of dead offers, of expired ones, and of redeemed ones whose token has expired.
CREATE FUNCTION wipe_offers(now bigint) RETURNS void
LANGUAGE sql SET search_path = rail, pg_catalog, pg_temp
AS $$
	UPDATE offer o SET reference_sealed = NULL, claims_sealed = NULL
	WHERE (reference_sealed IS NOT NULL OR claims_sealed IS NOT NULL)
	    AND CASE WHEN redeemed_by IS NULL THEN expires <= now OR cardinality(wrong) >= 5
	        ELSE NOT EXISTS (SELECT 1 FROM token t WHERE t.token_hash = o.token_hash AND t.expires > now) END
$$;

CREATE OR REPLACE FUNCTION maintain(now bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = rail, pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
	today int := now / 86400;
BEGIN
	PERFORM pg_advisory_xact_lock(7239015);
	FOR d IN today - 1 .. today + 3 LOOP
		PERFORM make_partition('used', 'used_d' || d, d, d + 1);
		PERFORM make_partition('intent', 'intent_d' || d, d, d + 1);
	END LOOP;
	PERFORM drop_days('used', today - 1);   -- older values are refused by their own time
	PERFORM drop_days('intent', today - 30);
	PERFORM drop_lists(now);
	PERFORM wipe_offers(now);
	DELETE FROM token WHERE expires < now - 3600;
	DELETE FROM offer WHERE expires < now - 7 * 86400;
	-- claims and key material do not outlive the transaction by more than ten minutes
	UPDATE presentation SET secret_sealed = NULL, result_sealed = NULL,
	    state = CASE WHEN state < 5 THEN 6 ELSE state END
	    WHERE expires < now - 600 AND (state < 5 OR secret_sealed IS NOT NULL OR result_sealed IS NOT NULL);
	DELETE FROM presentation WHERE expires < now - 86400;
END $$;
REVOKE ALL ON FUNCTION wipe_offers(bigint) FROM PUBLIC;
