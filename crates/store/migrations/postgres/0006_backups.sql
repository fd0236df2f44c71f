-- Backups that were made: what was purged may still be in those from before.
create table backups (
  id         bytea            primary key check (octet_length(id) = 16),
  at         bigint           not null,
  -- where it was written to, on the machine that made it
  path       text collate "C" not null,
  -- to how many recipients it is encrypted
  recipients bigint           not null check (recipients >= 1),
  -- how many audit records are in it
  records    bigint           not null check (records >= 0)
);
