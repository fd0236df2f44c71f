-- The same as before with accounts: one that was deleted must not be put back.
drop index audit_records_by_about;
create index audit_records_by_about on audit_records
  (substring(body from '"about":\{"id":"([0-9a-f-]{36})"'), seq)
where action in ('token.create', 'token.revoke', 'member.add', 'member.role', 'member.remove', 'person.password', 'agent.push', 'agent.remove',
                 'account.create', 'account.delete');
