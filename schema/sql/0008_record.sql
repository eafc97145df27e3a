-- The statements of POST /credential. As functions, because a connection then keeps their plans, also
-- behind a pooler; planning them cost more than running them. They run with the rights of whoever calls.
-- What is read is read by key: a plan made while a table was empty must not scan it once it has grown.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

-- Places of the values that were not used before. Inserted in one order everywhere, so that two batches
-- do not wait for each other in a circle.
CREATE FUNCTION use_values(bytea[], bigint[], uuid[]) RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY
	WITH v AS MATERIALIZED (
		SELECT DISTINCT ON (t.day, t.value) t.day::int AS day, t.value, t.request, t.i
		FROM unnest($1, $2, $3) WITH ORDINALITY AS t(value, day, request, i)
		ORDER BY t.day, t.value, t.i),
	new AS (
		INSERT INTO used (day, value, request) SELECT v.day, v.value, v.request FROM v
		ORDER BY v.day, v.value ON CONFLICT DO NOTHING RETURNING day, value)
	SELECT v.i FROM new JOIN v USING (day, value);
END $$;

-- How many of the holder keys are new.
CREATE FUNCTION bind_keys(bigint[], bigint[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	INSERT INTO holder_key (key_hash, person_id)
	SELECT t.hash, t.person FROM unnest($1, $2) AS t(hash, person) ORDER BY t.hash
	ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END $$;

-- Credential, intent and (for an officer's paper) audit row of every row: its place and credential id.
-- One that is there already under this request is the caller's own retry and keeps its id. A list of
-- another timeline, in doubt, or a run that was never leased gives no row (architecture.md section 4).
CREATE FUNCTION record_intents(places bigint[], requests uuid[], days bigint[], people bigint[],
    types text[], formats bigint[], lists bigint[], firsts bigint[], counts bigint[], iats bigint[],
    exps bigint[], digests bytea[], keys bytea[], operators text[], mades bigint[])
    RETURNS TABLE (place bigint, credential bigint)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
	RETURN QUERY
	WITH r AS MATERIALIZED (
		SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		AS t(i, request, day, person, type, format, list, first, n, iat, exp, digest, key, operator, made)),
	old AS MATERIALIZED (
		SELECT r.i, t.credential_id FROM r JOIN intent t ON t.day = r.day AND t.request = r.request),
	list AS MATERIALIZED (
		SELECT list_id, next_counter FROM status_list
		WHERE list_id = ANY ($7) AND timeline = (SELECT timeline()) AND state <> 'doubt'),
	new AS MATERIALIZED (
		SELECT r.*, nextval('credential_id') AS id FROM r
		WHERE NOT EXISTS (SELECT 1 FROM old WHERE old.i = r.i) AND (r.list = 0 OR EXISTS
		    (SELECT 1 FROM list l WHERE l.list_id = r.list AND r.first + r.n <= l.next_counter))),
	c AS (
		INSERT INTO credential (credential_id, person_id, first_counter, iat, exp, list_id, format, n,
		    type_id)
		SELECT id, person, CASE WHEN list = 0 THEN id ELSE first END, iat, exp, list, format, n, type
		FROM new),
	t AS (
		INSERT INTO intent (day, request, credential_id, digests, key_hashes, operator, made)
		SELECT day, request, id, digest, key, operator, made FROM new),
	a AS (
		INSERT INTO audit (actor, action, object, reason, request)
		SELECT operator, 'credential.issue', 'credential ' || id, '', request FROM new
		WHERE operator IS NOT NULL)
	SELECT new.i, new.id FROM new UNION ALL SELECT old.i, old.credential_id FROM old;
END $$;

-- What tokens stand for, by place.
CREATE FUNCTION load_tokens(bytea[]) RETURNS TABLE (place bigint, jkt bytea, person_id bigint,
    configurations text, expires bigint, claims bytea, offer_id uuid, reference bytea, offer_claims bytea)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT h.i - 1, t.jkt, t.person_id, t.configurations, t.expires, s.claims_sealed, t.offer_id,
	    o.reference_sealed, o.claims_sealed
	FROM unnest($1) WITH ORDINALITY AS h(hash, i) JOIN token t ON t.token_hash = h.hash
	LEFT JOIN offer o ON o.offer_id = t.offer_id
	LEFT JOIN subject s ON s.holder_shard = (t.person_id & 1023) AND s.person_id = t.person_id;
END $$;

REVOKE ALL ON FUNCTION use_values, bind_keys, record_intents, load_tokens FROM PUBLIC;
GRANT EXECUTE ON FUNCTION use_values, bind_keys, record_intents, load_tokens TO idr_issuer;
