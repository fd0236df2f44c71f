-- People, what they may do where, and how they sign in. Each `mac` authenticates every other column of its row, and the
-- audit log knows the newest revision of people and members: nobody gets a role or a password by editing the database.

create table people (
  id         bytea            primary key check (octet_length(id) = 16),
  -- in lower case
  email      text collate "C" not null unique,
  name       text collate "C" not null,
  -- Argon2id with its parameters and salt, as JSON
  password   text collate "C" not null,
  created_at bigint           not null,
  revision   bigint           not null check (revision >= 1),
  mac        bytea            not null check (octet_length(mac) = 32)
);

create table members (
  -- that of the invitation that led to it
  id         bytea            primary key check (octet_length(id) = 16),
  account    bytea            not null references accounts (id),
  person     bytea            not null references people (id),
  role       text collate "C" not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at bigint           not null,
  created_by text collate "C" not null,
  revision   bigint           not null check (revision >= 1),
  mac        bytea            not null check (octet_length(mac) = 32),
  unique (account, person)
);

create index members_by_person on members (person);

-- Each is for one use, and gone after it.
create table invitations (
  id         bytea            primary key check (octet_length(id) = 16),
  account    bytea            not null references accounts (id),
  hash       bytea            not null unique check (octet_length(hash) = 32),
  email      text collate "C" not null,
  role       text collate "C" not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at bigint           not null,
  created_by text collate "C" not null,
  expires_at bigint           not null,
  mac        bytea            not null check (octet_length(mac) = 32)
);

create index invitations_by_account on invitations (account);

-- One row while there is no owner: what the one-time setup link is derived from, with a key that is not here.
create table setup (
  only_row   bigint primary key check (only_row = 1),
  nonce      bytea  not null check (octet_length(nonce) = 32),
  created_at bigint not null
);

create table web_sessions (
  hash        bytea  primary key check (octet_length(hash) = 32),
  person      bytea  not null references people (id),
  -- the account that its pages show
  account     bytea  not null references accounts (id),
  created_at  bigint not null,
  -- to the minute
  seen_at     bigint not null,
  -- when the password was last given
  password_at bigint not null,
  expires_at  bigint not null,
  mac         bytea  not null check (octet_length(mac) = 32)
);

create index web_sessions_by_person on web_sessions (person);
create index web_sessions_by_expiry on web_sessions (expires_at);

-- Failed log-ins of an address of a person or of the network, as keyed hashes, in the window that began then.
create table log_in_attempts (
  subject  bytea  primary key check (octet_length(subject) = 32),
  began_at bigint not null,
  attempts bigint not null check (attempts >= 0)
);

create index log_in_attempts_by_time on log_in_attempts (began_at);
