-- The newest change of each secret, as the audit log has it: a pointer row that is older than that was put back. An index
-- and no table, because an index cannot be edited apart from the records, and without it the look-up is only slow. A body
-- that was edited is for `audit verify` to find; a cast to JSON would fail at it.
create index audit_changes_by_secret on audit_records
  (substring(body from '"subjects":\[\{"secret":"([0-9a-f-]{36})"'), seq)
where action in ('secret.set', 'secret.policy', 'secret.describe', 'secret.delete', 'secret.undelete', 'secret.rollback');
