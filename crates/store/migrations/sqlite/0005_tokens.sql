-- Tokens of programs. `hash` is keyed, so that the database alone neither gives a token away nor can be given one that
-- works; `mac` authenticates every other column, so that none can be widened, and the log knows the newest revision.
create table tokens (
  id         blob    primary key check (length(id) = 16),
  account    blob    not null references accounts (id),
  name       text    not null,
  hash       blob    not null unique check (length(hash) = 32),
  -- words separated by commas
  scopes     text    not null,
  -- JSON; a part that is absent limits nothing
  limits     text    not null,
  -- what whoever made it could do at that time
  role       text    not null check (role in ('owner', 'admin', 'member', 'viewer')),
  -- the person it acts for: it may never do more than they may now
  person     blob    check (length(person) = 16),
  created_at integer not null,
  created_by text    not null,
  expires_at integer,
  revoked_at integer,
  revision   integer not null check (revision >= 1),
  mac        blob    not null check (length(mac) = 32)
) strict;

create unique index tokens_in_use_by_name on tokens (account, name) where revoked_at is null;

-- When each token was last used, apart from what is authenticated: it changes often, and nothing is decided by it.
create table token_uses (
  token   blob    primary key references tokens (id),
  used_at integer not null
) strict, without rowid;

-- The newest change of each token, member, person and agent definition, as the audit log has it: a row that is behind
-- was put back.
create index audit_records_by_about on audit_records
  (json_extract(case when json_valid(body) then body end, '$.about.id'), seq)
where action in ('token.create', 'token.revoke', 'member.add', 'member.role', 'member.remove', 'person.password', 'agent.push', 'agent.remove');
