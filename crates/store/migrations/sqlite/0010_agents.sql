-- Agent definitions that were pushed to an account. `mac` authenticates every other column, and the audit log knows the
-- newest revision: a definition says what secrets are used for, so that an edit of one is an edit of a policy.
create table agent_definitions (
  id         blob    primary key check (length(id) = 16),
  account    blob    not null references accounts (id),
  name       text    not null,
  markdown   text    not null,
  created_at integer not null,
  updated_at integer not null,
  updated_by text    not null,
  revision   integer not null check (revision >= 1),
  mac        blob    not null check (length(mac) = 32),
  unique (account, name)
) strict;
