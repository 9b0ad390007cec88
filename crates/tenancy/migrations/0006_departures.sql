-- Who is deleted leaves everywhere. An organization that nobody but him belonged to is then kept without anybody, until it is
-- deleted or somebody is put in charge of it. Its own requests can never leave it so, and where others belong to it, nobody can.
create or replace function freehold.members_keep_owner() returns trigger
language plpgsql as $$
begin
  if exists (select from freehold.tenants where tenant_id = old.tenant_id)
    and not exists (select from freehold.members where tenant_id = old.tenant_id and role = 'owner')
    and (current_user = 'freehold_app' or exists (select from freehold.members where tenant_id = old.tenant_id))
  then
    raise exception 'an organization needs an owner' using errcode = 'check_violation', constraint = 'members_keep_owner';
  end if;
  return null;
end $$;
