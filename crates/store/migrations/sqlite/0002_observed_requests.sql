-- What runs with `--learn` did: batches of requests, without their contents. Hosts and paths are private and become
-- bindings, so that a batch is sealed under the account's key, bound to its run and number.
create table observed_batches (
  account blob    not null references accounts (id),
  -- a UUIDv7: runs sort by their beginning
  run     blob    not null check (length(run) = 16),
  batch   integer not null check (batch >= 1),
  -- which version of the account's key sealed it
  account_key_version integer not null,
  sealed  blob    not null,
  primary key (account, run, batch)
) strict, without rowid;
