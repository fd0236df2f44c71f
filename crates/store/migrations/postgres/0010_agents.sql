-- Agent definitions that were pushed to an account. `mac` authenticates every other column, and the audit log knows the
-- newest revision: a definition says what secrets are used for, so that an edit of one is an edit of a policy.
create table agent_definitions (
  id         bytea            primary key check (octet_length(id) = 16),
  account    bytea            not null references accounts (id),
  name       text collate "C" not null,
  markdown   text collate "C" not null,
  created_at bigint           not null,
  updated_at bigint           not null,
  updated_by text collate "C" not null,
  revision   bigint           not null check (revision >= 1),
  mac        bytea            not null check (octet_length(mac) = 32),
  unique (account, name)
);
