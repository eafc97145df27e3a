-- Webhooks of relying parties, and the outbox they are delivered from. No claim ever stands here: what
-- happened to which presentation, and nothing of what was presented.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

-- webhook_salt goes into the secret that signs for this party; it is no secret itself.
ALTER TABLE party ADD COLUMN webhook_url text NOT NULL DEFAULT '',
	ADD COLUMN webhook_salt bytea NOT NULL DEFAULT '';
GRANT UPDATE (webhook_url, webhook_salt) ON party TO idr_admin;

-- One row an event, written in the transaction that brings the presentation to its end.
CREATE TABLE outbox (
	outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	event_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
	party_id bigint NOT NULL,
	presentation_id uuid NOT NULL,
	state smallint NOT NULL,               -- enum reg_presentation_state
	at bigint NOT NULL,                    -- when it happened
	since bigint NOT NULL,                 -- when sending it began; again after a retry by hand
	tries smallint NOT NULL DEFAULT 0,
	due bigint NOT NULL DEFAULT 0,         -- not before this time
	lease uuid,                            -- the round of the node that is sending it ...
	leased_until bigint NOT NULL DEFAULT 0, -- ... which has it until then
	done bigint,                           -- delivered
	dead bigint,                           -- given up
	problem text NOT NULL DEFAULT ''       -- of the last try, in our words
);
CREATE INDEX outbox_waiting ON outbox (party_id, outbox_id) WHERE done IS NULL AND dead IS NULL;
CREATE INDEX outbox_of ON outbox (presentation_id, outbox_id) WHERE done IS NULL AND dead IS NULL;
CREATE INDEX outbox_dead ON outbox (dead) WHERE dead IS NOT NULL;
CREATE INDEX outbox_done ON outbox (done) WHERE done IS NOT NULL;
GRANT SELECT, INSERT, UPDATE (tries, due, lease, leased_until, done, dead, problem) ON outbox
	TO idr_verifier;
GRANT SELECT, UPDATE (tries, due, lease, leased_until, since, done, dead, problem) ON outbox TO idr_admin;

-- Open presentations whose time is over, from `since` on: closed, and told where somebody listens.
CREATE FUNCTION expire_presentations(since bigint, now bigint) RETURNS bigint
LANGUAGE sql SET search_path = rail, pg_catalog, pg_temp
AS $$
	WITH l AS MATERIALIZED (
		SELECT p.id FROM presentation p WHERE p.expires > $1 AND p.expires <= $2 AND p.state < 2
		ORDER BY p.id FOR UPDATE SKIP LOCKED),
	u AS (
		UPDATE presentation p SET state = 6, secret_sealed = NULL FROM l
		WHERE p.id = l.id AND p.state < 2 RETURNING p.id, p.party_id, p.expires),
	o AS (
		INSERT INTO outbox (party_id, presentation_id, state, at, since)
		SELECT u.party_id, u.id, 6, u.expires, $2 FROM u JOIN party y ON y.party_id = u.party_id
		WHERE y.webhook_url <> '')
	SELECT count(*) FROM u
$$;

-- The server's role cannot delete. Delivered events go after an hour, dead ones after thirty days; what
-- nobody can be told any more (the webhook was taken away) is given up after two days.
CREATE FUNCTION sweep_outbox(now bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = rail, pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
	PERFORM expire_presentations(now - 86400, now); -- what was missed while no server ran
	DELETE FROM outbox WHERE done < now - 3600;
	DELETE FROM outbox WHERE dead < now - 30 * 86400;
	UPDATE outbox o SET dead = now, problem = 'no webhook' FROM party y
	WHERE o.done IS NULL AND o.dead IS NULL AND o.since < now - 2 * 86400
	    AND y.party_id = o.party_id AND y.webhook_url = '';
END $$;
REVOKE ALL ON FUNCTION expire_presentations(bigint, bigint), sweep_outbox(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION expire_presentations(bigint, bigint) TO idr_verifier;
GRANT EXECUTE ON FUNCTION sweep_outbox(bigint) TO idr_issuer, idr_verifier, idr_status, idr_admin;
