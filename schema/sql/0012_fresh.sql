-- The ordinary batch of POST /credential in one statement, which is its transaction: no value was seen
-- before, no holder key, no request, and every list is in order. Ids of the credentials in the order of
-- the rows; nothing at all, and nothing kept, when one of them is not like that: then the batch
-- goes the way of 0008_record.sql, which says which row it is and why.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

CREATE FUNCTION record_fresh(seen bytea[], seen_days bigint[], seen_by uuid[], hashes bigint[],
    holders bigint[], requests uuid[], days bigint[], people bigint[], types text[], formats bigint[],
    lists bigint[], firsts bigint[], counts bigint[], iats bigint[], exps bigint[], digests bytea[],
    keys bytea[], operators text[], mades bigint[]) RETURNS SETOF bigint
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
	ids bigint[];
	here text := timeline();
BEGIN
	IF EXISTS (SELECT FROM unnest(lists, firsts, counts) AS t(list, first, n) WHERE t.list <> 0 AND NOT EXISTS
	    (SELECT FROM status_list l WHERE l.list_id = t.list AND l.timeline = here AND l.state <> 'doubt'
	        AND t.first + t.n <= l.next_counter)) THEN
		RETURN;
	END IF;
	BEGIN
		-- one order everywhere, so that two batches do not wait for each other in a circle
		INSERT INTO used (day, value, request)
		SELECT t.day, t.value, t.request FROM unnest(seen, seen_days, seen_by) AS t(value, day, request)
		ORDER BY t.day, t.value;
		INSERT INTO holder_key (key_hash, person_id)
		SELECT t.hash, t.person FROM unnest(hashes, holders) AS t(hash, person) ORDER BY t.hash;
		ids := ARRAY(SELECT nextval('credential_id') FROM generate_series(1, cardinality(requests)));
		INSERT INTO credential (credential_id, person_id, first_counter, iat, exp, list_id, format, n, type_id)
		SELECT t.id, t.person, CASE WHEN t.list = 0 THEN t.id ELSE t.first END, t.iat, t.exp, t.list, t.format,
		    t.n, t.type
		FROM unnest(ids, people, firsts, iats, exps, lists, formats, counts, types)
		    AS t(id, person, first, iat, exp, list, format, n, type);
		INSERT INTO intent (day, request, credential_id, digests, key_hashes, operator, made)
		SELECT * FROM unnest(days::int[], requests, ids, digests, keys, operators, mades);
		INSERT INTO audit (actor, action, object, reason, request)
		SELECT t.operator, 'credential.issue', 'credential ' || t.id, '', t.request
		FROM unnest(operators, ids, requests) AS t(operator, id, request) WHERE t.operator IS NOT NULL;
	EXCEPTION WHEN unique_violation THEN
		RETURN;
	END;
	RETURN QUERY SELECT unnest(ids);
END $$;
REVOKE ALL ON FUNCTION record_fresh FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_fresh TO idr_issuer;

-- As before, but a connection keeps its plan: it is asked for every batch.
CREATE OR REPLACE FUNCTION timeline() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT system_identifier || ':' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
	    FROM pg_control_system());
END $$;
