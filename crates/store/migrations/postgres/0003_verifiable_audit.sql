-- The audit log: numbers without gaps, a MAC for each record, the tree's head, signed checkpoints.

-- For records from before the log was signed. Only a database that was embedded once can have them.
create table unsigned_audit_records (
  seq     bigint           primary key,
  id      bytea            not null unique check (octet_length(id) = 16),
  account bytea            not null,
  at      bigint           not null,
  action  text collate "C" not null,
  body    text collate "C" not null,
  leaf    bytea            not null check (octet_length(leaf) = 32)
);

-- Appended only. `body` is the whole record as JSON, and null once it was pruned; `mac` authenticates every other
-- column but the body, and `leaf` is the body's hash.
create table audit_records (
  seq     bigint           primary key check (seq >= 1),
  id      bytea            not null unique check (octet_length(id) = 16),
  account bytea            not null,
  at      bigint           not null,
  action  text collate "C" not null,
  body    text collate "C",
  leaf    bytea            not null check (octet_length(leaf) = 32),
  mac     bytea            not null check (octet_length(mac) = 32)
);

create index audit_records_by_account on audit_records (account, seq);

create or replace function audit_records_have_no_gaps() returns trigger language plpgsql as $$
begin
  if new.seq <> coalesce((select max(seq) from audit_records), 0) + 1 then
    raise exception 'audit records are numbered without gaps' using errcode = 'check_violation';
  end if;
  return new;
end
$$;

create trigger audit_records_have_no_gaps before insert on audit_records
for each row execute function audit_records_have_no_gaps();

-- The one exception: retention drops a body, and nothing else.
create or replace function audit_records_stay_as_written() returns trigger language plpgsql as $$
begin
  if old.body is not null and new.body is null and new.seq = old.seq and new.id = old.id and new.account = old.account
     and new.at = old.at and new.action = old.action and new.leaf = old.leaf and new.mac = old.mac then
    return new;
  end if;
  raise exception 'audit records are never changed' using errcode = 'check_violation';
end
$$;

create trigger audit_records_stay_as_written before update on audit_records
for each row execute function audit_records_stay_as_written();

create or replace function audit_records_stay() returns trigger language plpgsql as $$
begin
  raise exception 'audit records are never deleted' using errcode = 'check_violation';
end
$$;

create trigger audit_records_stay before delete on audit_records
for each row execute function audit_records_stay();

create trigger audit_records_stay_all before truncate on audit_records
for each statement execute function audit_records_stay();

-- One row: the log after its newest record. `peaks` are the heads of the tree's complete subtrees, largest first.
create table audit_head (
  only_row          bigint primary key check (only_row = 1),
  size              bigint not null check (size >= 0),
  peaks             bytea  not null check (octet_length(peaks) % 32 = 0),
  checkpoint_number bigint check ((checkpoint_number is null) = (checkpoint_size is null)),
  checkpoint_size   bigint,
  checkpoint_at     bigint check ((checkpoint_at is null) = (checkpoint_size is null)),
  mac               bytea  not null check (octet_length(mac) = 32)
);

-- Signed heads of the log, as C2SP tlog-checkpoint notes.
create table audit_checkpoints (
  number bigint           primary key check (number >= 1),
  size   bigint           not null unique,
  note   text collate "C" not null,
  at     bigint           not null
);

create or replace function audit_checkpoints_stay_as_written() returns trigger language plpgsql as $$
begin
  raise exception 'checkpoints are never changed' using errcode = 'check_violation';
end
$$;

create trigger audit_checkpoints_stay_as_written before update on audit_checkpoints
for each row execute function audit_checkpoints_stay_as_written();

create or replace function audit_checkpoints_stay() returns trigger language plpgsql as $$
begin
  raise exception 'checkpoints are never deleted' using errcode = 'check_violation';
end
$$;

create trigger audit_checkpoints_stay before delete on audit_checkpoints
for each row execute function audit_checkpoints_stay();

create trigger audit_checkpoints_stay_all before truncate on audit_checkpoints
for each statement execute function audit_checkpoints_stay();
