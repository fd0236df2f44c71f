-- The audit log becomes verifiable: numbers without gaps, a MAC for each record, the tree's head, signed checkpoints.

-- Records of before wait here until the first opening signs them into the log, in order, and empties this table:
-- only the owner of the instance key can.
alter table audit_records rename to unsigned_audit_records;
drop trigger audit_records_stay_as_written;
drop trigger audit_records_stay;
drop index audit_records_by_account;

-- Appended only. `body` is the whole record as JSON, and null once it was pruned; `mac` authenticates every other
-- column but the body, and `leaf` is the body's hash.
create table audit_records (
  seq     integer primary key check (seq >= 1),
  id      blob    not null unique check (length(id) = 16),
  account blob    not null,
  at      integer not null,
  action  text    not null,
  body    text,
  leaf    blob    not null check (length(leaf) = 32),
  mac     blob    not null check (length(mac) = 32)
) strict;

create index audit_records_by_account on audit_records (account, seq);

create trigger audit_records_have_no_gaps before insert on audit_records
when new.seq <> coalesce((select max(seq) from audit_records), 0) + 1
begin
  select raise(abort, 'audit records are numbered without gaps');
end;

-- The one exception: retention drops a body, and nothing else.
create trigger audit_records_stay_as_written before update on audit_records
when not (
  old.body is not null and new.body is null and new.seq = old.seq and new.id = old.id and new.account = old.account
  and new.at = old.at and new.action = old.action and new.leaf = old.leaf and new.mac = old.mac
)
begin
  select raise(abort, 'audit records are never changed');
end;

create trigger audit_records_stay before delete on audit_records
begin
  select raise(abort, 'audit records are never deleted');
end;

-- One row: the log after its newest record. `peaks` are the heads of the tree's complete subtrees, largest first.
create table audit_head (
  only_row          integer primary key check (only_row = 1),
  size              integer not null check (size >= 0),
  peaks             blob    not null check (length(peaks) % 32 = 0),
  checkpoint_number integer check ((checkpoint_number is null) = (checkpoint_size is null)),
  checkpoint_size   integer,
  checkpoint_at     integer check ((checkpoint_at is null) = (checkpoint_size is null)),
  mac               blob    not null check (length(mac) = 32)
) strict;

-- Signed heads of the log, as C2SP tlog-checkpoint notes.
create table audit_checkpoints (
  number integer primary key check (number >= 1),
  size   integer not null unique,
  note   text    not null,
  at     integer not null
) strict;

create trigger audit_checkpoints_stay_as_written before update on audit_checkpoints
begin
  select raise(abort, 'checkpoints are never changed');
end;

create trigger audit_checkpoints_stay before delete on audit_checkpoints
begin
  select raise(abort, 'checkpoints are never deleted');
end;
