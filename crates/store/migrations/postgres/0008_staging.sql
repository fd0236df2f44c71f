-- Rotation by people: a reminder, and a value that waits beside the one in use.
alter table secrets add column rotate_every_days bigint check (rotate_every_days >= 1);
alter table secrets add column staged_version bigint check (staged_version >= 1);

-- Of a value: whether it was put beside the one in use (such a version never comes into use itself), or is that of such
-- a version taken into use.
alter table secret_versions add column staging text collate "C"
  check (staging is null or (staging in ('staged', 'promoted') and change = 'value'));

-- The same as before with the new changes. What was purged is not there, and must not be put back either.
drop index audit_changes_by_secret;
create index audit_changes_by_secret on audit_records
  (substring(body from '"subjects":\[\{"secret":"([0-9a-f-]{36})"'), seq)
where action in ('secret.set', 'secret.policy', 'secret.describe', 'secret.delete', 'secret.undelete', 'secret.rollback',
                 'secret.stage', 'secret.unstage', 'secret.promote', 'secret.purge');
