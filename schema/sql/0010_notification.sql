-- What wallets say of what they received (OpenID4VCI 1.0 section 11). No personal data.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

CREATE TABLE notification (
	credential_id bigint NOT NULL,
	event smallint NOT NULL CHECK (event BETWEEN 0 AND 2),   -- enum reg_notified
	offer_id uuid,
	at bigint NOT NULL,
	PRIMARY KEY (credential_id, event)
);
CREATE INDEX notification_offer ON notification (offer_id) WHERE offer_id IS NOT NULL;
CREATE INDEX notification_at ON notification USING brin (at);
GRANT SELECT, INSERT ON notification TO idr_issuer;
GRANT SELECT ON notification TO idr_status;

CREATE FUNCTION sweep_notifications(now bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = rail, pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
	DELETE FROM notification WHERE at < $1 - 400 * 86400
$$;
REVOKE ALL ON FUNCTION sweep_notifications(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_notifications(bigint) TO idr_issuer, idr_verifier, idr_status, idr_admin;
