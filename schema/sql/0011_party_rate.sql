-- How many requests a second a relying party may make; NULL: as the server is configured, 0: no limit.
SET LOCAL search_path = rail, pg_catalog, pg_temp;

ALTER TABLE party ADD COLUMN rate int CHECK (rate >= 0);
GRANT UPDATE (rate) ON party TO idr_admin;
