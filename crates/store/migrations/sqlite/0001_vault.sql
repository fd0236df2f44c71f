-- The vault: keys, secrets, sessions and the audit log. Times are milliseconds since 1970 in UTC; ids are 16 bytes.

-- One row: the installation that this database belongs to.
create table instance (
  only_row   integer primary key check (only_row = 1),
  id         blob    not null check (length(id) = 16),
  created_at integer not null
) strict;

-- Each slot wraps the same instance key under the root key of one key provider.
create table key_slots (
  id                   blob    primary key check (length(id) = 16),
  provider             text    not null,
  -- what the provider needs to find its key again, as JSON: no secret
  parameters           text    not null,
  root_fingerprint     text    not null,
  instance_fingerprint text    not null,
  wrapped              blob    not null,
  created_at           integer not null
) strict;

create table accounts (
  id         blob    primary key check (length(id) = 16),
  name       text    not null unique,
  created_at integer not null
) strict;

-- Versions of an account's key; the highest wraps new data keys.
create table account_keys (
  account    blob    not null references accounts (id),
  version    integer not null check (version >= 1),
  wrapped    blob    not null,
  -- how often this key has drawn a nonce (NIST SP 800-38D: at most 2^32)
  uses       integer not null default 0 check (uses >= 0),
  created_at integer not null,
  primary key (account, version)
) strict, without rowid;

-- The pointer row of a secret. `mac` authenticates every other column and the current version's policy.
create table secrets (
  id              blob    primary key check (length(id) = 16),
  account         blob    not null references accounts (id),
  environment     text    not null,
  key             text    not null,
  current_version integer not null check (current_version >= 1),
  latest_version  integer not null check (latest_version >= current_version),
  note            text,
  expires_at      integer,
  created_at      integer not null,
  updated_at      integer not null,
  deleted_at      integer,
  mac             blob    not null check (length(mac) = 32),
  unique (account, environment, key)
) strict;

-- One data key for each secret: destroying the row shreds every version.
create table data_keys (
  id                  blob    primary key check (length(id) = 16),
  secret              blob    not null unique references secrets (id),
  account_key_version integer not null,
  wrapped             blob    not null,
  created_at          integer not null
) strict;

-- A version is written once and never changed.
create table secret_versions (
  secret     blob    not null references secrets (id),
  version    integer not null check (version >= 1),
  data_key   blob    not null references data_keys (id),
  -- the policy this version was sealed with, as JSON; its hash is in the associated data
  policy     text    not null,
  sealed     blob    not null,
  -- why there is this version
  change     text    not null check (change in ('value', 'policy', 'rollback')),
  -- the version whose value a rollback brought back
  origin     integer check ((change = 'rollback') = (origin is not null)),
  created_at integer not null,
  created_by text    not null,
  primary key (secret, version)
) strict, without rowid;

-- Session data: the name is readable, the data is sealed under the account's key.
create table session_data (
  account    blob    not null references accounts (id),
  session    text    not null,
  name       text    not null,
  -- which version of the account's key sealed it
  account_key_version integer not null,
  sealed     blob    not null,
  expires_at integer,
  updated_at integer not null,
  primary key (account, session, name)
) strict, without rowid;

-- Appended only. `body` is the whole record as JSON; the other columns repeat parts of it for look-ups.
create table audit_records (
  seq     integer primary key autoincrement,
  id      blob    not null unique check (length(id) = 16),
  account blob    not null,
  at      integer not null,
  action  text    not null,
  body    text    not null,
  leaf    blob    not null check (length(leaf) = 32)
) strict;

create index audit_records_by_account on audit_records (account, seq);

create trigger audit_records_stay_as_written before update on audit_records
begin
  select raise(abort, 'audit records are never changed');
end;

create trigger audit_records_stay before delete on audit_records
begin
  select raise(abort, 'audit records are never deleted');
end;
