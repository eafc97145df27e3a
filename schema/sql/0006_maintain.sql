-- What time does to the tables. The server's role cannot delete; this runs as owner.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

-- Drop partitions named <parent>_d<day> before `first`, where keep() does not object.
CREATE FUNCTION drop_days(parent text, first int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	name text;
	waiting boolean;
BEGIN
	FOR name IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
	    WHERE i.inhparent = ('rail.' || parent)::regclass AND c.relname ~ ('^' || parent || '_d[0-9]+$')
	LOOP
		CONTINUE WHEN substr(name, length(parent) + 3)::int >= first;
		IF parent = 'intent' THEN -- not before everything in it was delivered
			EXECUTE format('SELECT EXISTS (SELECT 1 FROM rail.%I WHERE delivered IS NULL)', name)
			    INTO waiting;
			CONTINUE WHEN waiting;
		END IF;
		EXECUTE format('DROP TABLE rail.%I', name);
	END LOOP;
END $$;

-- Lists of one range that all expired 30 days ago, and no new list can come into the range.
CREATE FUNCTION drop_lists(now bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	lo int;
BEGIN
	FOR lo IN SELECT substr(c.relname, 10)::int FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
	    WHERE i.inhparent = 'rail.journal'::regclass AND c.relname ~ '^journal_l[0-9]+$'
	LOOP
		CONTINUE WHEN (SELECT last_value FROM rail.list_id) < lo + 64
		    OR EXISTS (SELECT 1 FROM rail.status_list WHERE list_id >= lo AND list_id < lo + 64
		        AND expires > now - 30 * 86400);
		EXECUTE format('DROP TABLE rail.%I', 'journal_l' || lo);
		EXECUTE format('DROP TABLE rail.%I', 'credential_l' || lo);
		DELETE FROM rail.status_checkpoint WHERE list_id >= lo AND list_id < lo + 64;
	END LOOP;
END $$;

CREATE FUNCTION maintain(now bigint) RETURNS void
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
	DELETE FROM token WHERE expires < now - 3600;
	DELETE FROM offer WHERE expires < now - 7 * 86400;
	-- claims and key material do not outlive the transaction by more than ten minutes
	UPDATE presentation SET secret_sealed = NULL, result_sealed = NULL,
	    state = CASE WHEN state < 5 THEN 6 ELSE state END
	    WHERE expires < now - 600 AND (state < 5 OR secret_sealed IS NOT NULL OR result_sealed IS NOT NULL);
	DELETE FROM presentation WHERE expires < now - 86400;
END $$;
REVOKE ALL ON FUNCTION maintain(bigint), drop_days(text, int), drop_lists(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION maintain(bigint) TO idr_issuer, idr_verifier, idr_status, idr_admin;
