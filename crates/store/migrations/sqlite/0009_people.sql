-- People, what they may do where, and how they sign in. Each `mac` authenticates every other column of its row, and the
-- audit log knows the newest revision of people and members: nobody gets a role or a password by editing the database.

create table people (
  id         blob    primary key check (length(id) = 16),
  -- in lower case
  email      text    not null unique,
  name       text    not null,
  -- Argon2id with its parameters and salt, as JSON
  password   text    not null,
  created_at integer not null,
  revision   integer not null check (revision >= 1),
  mac        blob    not null check (length(mac) = 32)
) strict;

create table members (
  -- that of the invitation that led to it
  id         blob    primary key check (length(id) = 16),
  account    blob    not null references accounts (id),
  person     blob    not null references people (id),
  role       text    not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at integer not null,
  created_by text    not null,
  revision   integer not null check (revision >= 1),
  mac        blob    not null check (length(mac) = 32),
  unique (account, person)
) strict;

create index members_by_person on members (person);

-- Each is for one use, and gone after it.
create table invitations (
  id         blob    primary key check (length(id) = 16),
  account    blob    not null references accounts (id),
  hash       blob    not null unique check (length(hash) = 32),
  email      text    not null,
  role       text    not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at integer not null,
  created_by text    not null,
  expires_at integer not null,
  mac        blob    not null check (length(mac) = 32)
) strict;

create index invitations_by_account on invitations (account);

-- One row while there is no owner: what the one-time setup link is derived from, with a key that is not here.
create table setup (
  only_row   integer primary key check (only_row = 1),
  nonce      blob    not null check (length(nonce) = 32),
  created_at integer not null
) strict;

create table web_sessions (
  hash        blob    primary key check (length(hash) = 32),
  person      blob    not null references people (id),
  -- the account that its pages show
  account     blob    not null references accounts (id),
  created_at  integer not null,
  -- to the minute
  seen_at     integer not null,
  -- when the password was last given
  password_at integer not null,
  expires_at  integer not null,
  mac         blob    not null check (length(mac) = 32)
) strict;

create index web_sessions_by_person on web_sessions (person);
create index web_sessions_by_expiry on web_sessions (expires_at);

-- Failed log-ins of an address of a person or of the network, as keyed hashes, in the window that began then.
create table log_in_attempts (
  subject  blob    primary key check (length(subject) = 32),
  began_at integer not null,
  attempts integer not null check (attempts >= 0)
) strict;

create index log_in_attempts_by_time on log_in_attempts (began_at);
