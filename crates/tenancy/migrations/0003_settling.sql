-- A tenant whose data is kept, and that is all: its requests run as freehold_readonly, too, and are refused before they get
-- so far, except to pay and to leave.
alter table freehold.tenants drop constraint tenants_standing_check;
alter table freehold.tenants
  add constraint tenants_standing_check check (standing in ('good', 'suspended', 'archived'));
comment on column freehold.tenants.standing is
  'suspended: requests run as freehold_readonly; archived: they are refused, except to pay and to leave';

-- How billing says where a tenant stands without knowing this table. Whether that is something new.
create function freehold.tenant_settle(
  of_tenant uuid, of_plan text, of_version integer, of_standing text, at timestamptz
) returns boolean
language plpgsql as $$
begin
  update freehold.tenants set plan = of_plan, plan_version = of_version, standing = of_standing, updated_at = at
  where tenant_id = of_tenant and (plan, plan_version, standing) is distinct from (of_plan, of_version, of_standing);
  return found;
end $$;
revoke execute on function freehold.tenant_settle(uuid, text, integer, text, timestamptz) from public;
grant execute on function freehold.tenant_settle(uuid, text, integer, text, timestamptz) to freehold_system;
