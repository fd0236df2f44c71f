-- Backups that were made: what was purged may still be in those from before.
create table backups (
  id         blob    primary key check (length(id) = 16),
  at         integer not null,
  -- where it was written to, on the machine that made it
  path       text    not null,
  -- to how many recipients it is encrypted
  recipients integer not null check (recipients >= 1),
  -- how many audit records are in it
  records    integer not null check (records >= 0)
) strict;
