-- The vault: keys, secrets and sessions. Times are milliseconds since 1970 in UTC; ids are 16 bytes. Text sorts by its
-- bytes, as it does on SQLite, whatever the language of the server.

-- One row, and whoever has locked it is the only writer of all servers. It stays when everything else is replaced.
create table if not exists sequencer (
  only_row bigint primary key check (only_row = 1)
);

insert into sequencer (only_row) values (1) on conflict do nothing;

-- One row: the installation that this database belongs to.
create table instance (
  only_row   bigint primary key check (only_row = 1),
  id         bytea  not null check (octet_length(id) = 16),
  created_at bigint not null
);

-- Each slot wraps the same instance key under the root key of one key provider.
create table key_slots (
  id                   bytea            primary key check (octet_length(id) = 16),
  provider             text collate "C" not null,
  -- what the provider needs to find its key again, as JSON: no secret
  parameters           text collate "C" not null,
  root_fingerprint     text collate "C" not null,
  instance_fingerprint text collate "C" not null,
  wrapped              bytea            not null,
  created_at           bigint           not null
);

create table accounts (
  id         bytea            primary key check (octet_length(id) = 16),
  name       text collate "C" not null unique,
  created_at bigint           not null
);

-- Versions of an account's key; the highest wraps new data keys.
create table account_keys (
  account    bytea  not null references accounts (id),
  version    bigint not null check (version >= 1),
  wrapped    bytea  not null,
  -- how often this key has drawn a nonce (NIST SP 800-38D: at most 2^32)
  uses       bigint not null default 0 check (uses >= 0),
  created_at bigint not null,
  primary key (account, version)
);

-- The pointer row of a secret. `mac` authenticates every other column and the current version's policy.
create table secrets (
  id              bytea            primary key check (octet_length(id) = 16),
  account         bytea            not null references accounts (id),
  environment     text collate "C" not null,
  key             text collate "C" not null,
  current_version bigint           not null check (current_version >= 1),
  latest_version  bigint           not null check (latest_version >= current_version),
  note            text collate "C",
  expires_at      bigint,
  created_at      bigint           not null,
  updated_at      bigint           not null,
  deleted_at      bigint,
  mac             bytea            not null check (octet_length(mac) = 32),
  unique (account, environment, key)
);

-- One data key for each secret: destroying the row shreds every version.
create table data_keys (
  id                  bytea  primary key check (octet_length(id) = 16),
  secret              bytea  not null unique references secrets (id),
  account_key_version bigint not null,
  wrapped             bytea  not null,
  created_at          bigint not null
);

-- A version is written once and never changed.
create table secret_versions (
  secret     bytea            not null references secrets (id),
  version    bigint           not null check (version >= 1),
  data_key   bytea            not null references data_keys (id),
  -- the policy this version was sealed with, as JSON; its hash is in the associated data
  policy     text collate "C" not null,
  sealed     bytea            not null,
  -- why there is this version
  change     text collate "C" not null check (change in ('value', 'policy', 'rollback')),
  -- the version whose value a rollback brought back
  origin     bigint           check ((change = 'rollback') = (origin is not null)),
  created_at bigint           not null,
  created_by text collate "C" not null,
  primary key (secret, version)
);

-- Session data: the name is readable, the data is sealed under the account's key.
create table session_data (
  account    bytea            not null references accounts (id),
  session    text collate "C" not null,
  name       text collate "C" not null,
  -- which version of the account's key sealed it
  account_key_version bigint  not null,
  sealed     bytea            not null,
  expires_at bigint,
  updated_at bigint           not null,
  primary key (account, session, name)
);
