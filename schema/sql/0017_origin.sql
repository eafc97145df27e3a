-- Pages that ask through the browser (OpenID4VP 1.0 appendix A): whose origins they are, and for the page of which
-- one a presentation was asked. Newline-separated, exactly as a browser writes them; empty: none.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

ALTER TABLE party ADD COLUMN origins text NOT NULL DEFAULT '';
GRANT UPDATE (origins) ON party TO idr_admin;
ALTER TABLE presentation ADD COLUMN origin text NOT NULL DEFAULT '';
