-- Status lists, their journal, and what was issued on them.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

CREATE SEQUENCE list_id AS int;

-- state: open (leases), full (its leases are still good), doubt (nothing more is issued on it).
CREATE TABLE status_list (
	list_id int PRIMARY KEY,
	uri_tail text NOT NULL UNIQUE,
	bits smallint NOT NULL CHECK (bits IN (1, 2, 4, 8)),
	log2_entries smallint NOT NULL CHECK (log2_entries BETWEEN 4 AND 24),
	key_sealed bytea NOT NULL,
	next_counter bigint NOT NULL DEFAULT 0 CHECK (next_counter BETWEEN 0 AND 1::bigint << log2_entries),
	version bigint NOT NULL DEFAULT 0,
	timeline text NOT NULL,
	state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'full', 'doubt')),
	opened bigint NOT NULL,
	expires bigint NOT NULL
);
CREATE UNIQUE INDEX status_list_open ON status_list (bits, timeline) WHERE state = 'open';
GRANT SELECT ON status_list TO idr_issuer, idr_verifier, idr_status, idr_admin;
GRANT INSERT ON status_list TO idr_issuer, idr_status;
GRANT UPDATE (next_counter, state) ON status_list TO idr_issuer;
GRANT UPDATE (version, state) ON status_list TO idr_status;

-- The truth about status: append-only, numbered without gaps per list.
CREATE TABLE journal (
	list_id int NOT NULL,
	version bigint NOT NULL,
	idx bigint NOT NULL,
	old_value smallint NOT NULL,
	new_value smallint NOT NULL,
	credential_id bigint NOT NULL,
	reason text NOT NULL,
	actor text NOT NULL,
	request uuid NOT NULL,
	at bigint NOT NULL,
	PRIMARY KEY (list_id, version),
	UNIQUE (list_id, request, idx)
) PARTITION BY RANGE (list_id);
CREATE INDEX journal_idx ON journal (list_id, idx, version);
GRANT SELECT ON journal TO idr_verifier, idr_status, idr_admin;
GRANT INSERT ON journal TO idr_status;

-- What is recorded stays recorded, also for owner's own slips.
CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal
	FOR EACH ROW EXECUTE FUNCTION journal_is_append_only();

CREATE TABLE status_checkpoint (
	list_id int PRIMARY KEY,
	version bigint NOT NULL,
	bitmap_zlib bytea NOT NULL
);
GRANT SELECT ON status_checkpoint TO idr_verifier, idr_status;
GRANT INSERT, UPDATE ON status_checkpoint TO idr_status;

-- One row per batch of copies: (list, first counter, n) is a run of one lease. list 0: not revocable.
CREATE SEQUENCE credential_id;
GRANT USAGE ON SEQUENCE credential_id TO idr_issuer;
CREATE TABLE credential (
	credential_id bigint NOT NULL,
	person_id bigint NOT NULL,
	first_counter bigint NOT NULL,   -- list 0: the credential id
	iat bigint NOT NULL,
	exp bigint NOT NULL,
	list_id int NOT NULL,
	format smallint NOT NULL,
	n smallint NOT NULL CHECK (n > 0),
	status smallint NOT NULL DEFAULT 0,
	type_id text NOT NULL,
	PRIMARY KEY (list_id, first_counter)
) PARTITION BY RANGE (list_id);
CREATE INDEX credential_by_id ON credential (credential_id);
CREATE INDEX credential_by_person ON credential (person_id);
GRANT SELECT, INSERT ON credential TO idr_issuer;
GRANT SELECT, UPDATE (status) ON credential TO idr_status;

-- The intent's detail, by day. Committed before anything is signed (security brief I13).
CREATE TABLE intent (
	day int NOT NULL,
	request uuid NOT NULL,
	credential_id bigint NOT NULL,
	digests bytea NOT NULL,          -- 32 bytes for each copy
	key_hashes bytea NOT NULL,       -- 8 bytes for each holder key
	operator text,
	made bigint NOT NULL,
	delivered bigint,
	PRIMARY KEY (day, request)
) PARTITION BY RANGE (day);
CREATE INDEX intent_by_credential ON intent (credential_id);
GRANT SELECT, INSERT, UPDATE (delivered) ON intent TO idr_issuer;
GRANT SELECT (day, request, credential_id, delivered) ON intent TO idr_status;

-- Partitions of a range of lists. Attached, not created in place: that would lock out writers.
CREATE FUNCTION make_partition(parent text, name text, lo int, hi int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF to_regclass('rail.' || name) IS NOT NULL THEN
		RETURN;
	END IF;
	EXECUTE format('CREATE TABLE rail.%I (LIKE rail.%I INCLUDING ALL)', name, parent);
	EXECUTE format('ALTER TABLE rail.%I ATTACH PARTITION rail.%I FOR VALUES FROM (%s) TO (%s)',
	    parent, name, lo, hi);
END $$;

SELECT make_partition('credential', 'credential_l0', 0, 1);

-- A fresh list id, with the partitions of its range of 64 lists in place.
CREATE FUNCTION reserve_list() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = rail, pg_catalog, pg_temp
AS $$
DECLARE
	id int := nextval('list_id');
	lo int := (id - 1) / 64 * 64 + 1;
BEGIN
	IF to_regclass('rail.journal_l' || lo) IS NULL THEN
		PERFORM pg_advisory_xact_lock(7239015);
		PERFORM make_partition('credential', 'credential_l' || lo, lo, lo + 64);
		PERFORM make_partition('journal', 'journal_l' || lo, lo, lo + 64);
	END IF;
	RETURN id;
END $$;
REVOKE ALL ON FUNCTION reserve_list(), make_partition(text, text, int, int), journal_is_append_only() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reserve_list() TO idr_issuer, idr_status;
