-- Tokens of programs. `hash` is keyed, so that the database alone neither gives a token away nor can be given one that
-- works; `mac` authenticates every other column, so that none can be widened, and the log knows the newest revision.
create table tokens (
  id         bytea            primary key check (octet_length(id) = 16),
  account    bytea            not null references accounts (id),
  name       text collate "C" not null,
  hash       bytea            not null unique check (octet_length(hash) = 32),
  -- words separated by commas
  scopes     text collate "C" not null,
  -- JSON; a part that is absent limits nothing
  limits     text collate "C" not null,
  -- what whoever made it could do at that time
  role       text collate "C" not null check (role in ('owner', 'admin', 'member', 'viewer')),
  -- the person it acts for: it may never do more than they may now
  person     bytea            check (octet_length(person) = 16),
  created_at bigint           not null,
  created_by text collate "C" not null,
  expires_at bigint,
  revoked_at bigint,
  revision   bigint           not null check (revision >= 1),
  mac        bytea            not null check (octet_length(mac) = 32)
);

create unique index tokens_in_use_by_name on tokens (account, name) where revoked_at is null;

-- When each token was last used, apart from what is authenticated: it changes often, and nothing is decided by it.
create table token_uses (
  token   bytea  primary key references tokens (id),
  used_at bigint not null
);

-- The newest change of each token, member, person and agent definition, as the audit log has it: a row that is behind
-- was put back.
create index audit_records_by_about on audit_records
  (substring(body from '"about":\{"id":"([0-9a-f-]{36})"'), seq)
where action in ('token.create', 'token.revoke', 'member.add', 'member.role', 'member.remove', 'person.password', 'agent.push', 'agent.remove');
