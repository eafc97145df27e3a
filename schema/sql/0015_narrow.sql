-- Lists that mdocs name: ISO/IEC 18013-5 admits one bit an entry, and a type may be suspended as well as
-- revoked. The journal and the bitmap of a narrow list know both, so that revoked stays final and a suspension
-- can end; what is published says valid or invalid.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

ALTER TABLE status_list ADD COLUMN narrow boolean NOT NULL DEFAULT false CHECK (NOT narrow OR bits = 2);
DROP INDEX status_list_open;
CREATE UNIQUE INDEX status_list_open ON status_list (bits, narrow, timeline) WHERE state = 'open';
