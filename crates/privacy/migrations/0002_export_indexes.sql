-- Exports read the mails of an organization and a user's entries in the audit log of users. On Supabase that log is not ours to change.
create index mails_of_tenant on freehold.mails (for_tenant, id) where for_tenant is not null;

do $$
begin
  if pg_get_userbyid((select relowner from pg_class where oid = to_regclass('auth.audit_log_entries'))) = 'freehold_owner' then
    create index audit_log_entries_actor on auth.audit_log_entries ((payload ->> 'actor_id'), id);
  end if;
end $$;
