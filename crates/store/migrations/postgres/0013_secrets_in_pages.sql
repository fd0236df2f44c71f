-- Lists come in pages sorted by key and environment, over all environments of an account: without an index in that order
-- each page would cost the account. The deleted ones have an index of their own.
create index secrets_by_key on secrets (account, key, environment);
create index secrets_deleted on secrets (account, key, environment) where deleted_at is not null;
