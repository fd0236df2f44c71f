-- What runs with `--learn` did: batches of requests, without their contents. Hosts and paths are private and become
-- bindings, so that a batch is sealed under the account's key, bound to its run and number.
create table observed_batches (
  account bytea  not null references accounts (id),
  -- a UUIDv7: runs sort by their beginning
  run     bytea  not null check (octet_length(run) = 16),
  batch   bigint not null check (batch >= 1),
  -- which version of the account's key sealed it
  account_key_version bigint not null,
  sealed  bytea  not null,
  primary key (account, run, batch)
);
