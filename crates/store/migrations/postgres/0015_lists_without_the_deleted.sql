-- However many secrets are deleted, those that are not are read without them, and the other way round: each half has an index
-- in the order of every list, by key over all environments and within one environment.
drop index secrets_by_key;
drop index secrets_deleted;
create index secrets_live_by_key on secrets (account, key, environment) where deleted_at is null;
create index secrets_live_by_environment on secrets (account, environment, key) where deleted_at is null;
create index secrets_deleted_by_key on secrets (account, key, environment) where deleted_at is not null;
create index secrets_deleted_by_environment on secrets (account, environment, key) where deleted_at is not null;
