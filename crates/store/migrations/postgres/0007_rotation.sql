-- Rotation of keys.

-- What MACs, hashes, placeholders and signatures are derived from, wrapped under the instance key. There is a row from the
-- first rotation of the instance key on: until then the instance key itself is both.
create table evidence_key (
  only_row bigint primary key check (only_row = 1),
  wrapped  bytea  not null
);

-- The history of the instance key, for people: fingerprints, from the first rotation on. Nothing is decided by it.
create table instance_keys (
  version     bigint           primary key check (version >= 1),
  fingerprint text collate "C" not null,
  created_at  bigint           not null
);
