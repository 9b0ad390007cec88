-- The audit lies where its tenant's data lies, and that may be another database than the one with the organizations: no foreign
-- key joins them. Locks both tables for a moment, in the order in which requests do.
lock table freehold.tenants, freehold.audit_entries in access exclusive mode;
alter table freehold.audit_entries drop constraint audit_entries_tenant_id_fkey;

-- What the foreign key did: the entries are deleted with their organization. With the owner's rights, because no role may delete an
-- entry otherwise.
create function freehold.tenant_audit_ends() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from freehold.audit_entries as a where a.tenant_id = old.tenant_id;
  return null;
end $$;
revoke execute on function freehold.tenant_audit_ends() from public;
create trigger tenant_audit_ends
after delete on freehold.tenants
for each row execute function freehold.tenant_audit_ends();
