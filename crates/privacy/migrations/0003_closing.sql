-- An organization whose deletion was requested is closed for writes. What it may do otherwise is kept beside, so that cancelling
-- restores it, whatever was paid meanwhile. Not validated at first: checking a full table would lock it.
alter table freehold.tenants add column settled_standing text
  check (settled_standing in ('good', 'suspended', 'archived'));
comment on column freehold.tenants.settled_standing is 'the state when the deletion is cancelled; null: no deletion was requested';
alter table freehold.tenants drop constraint tenants_standing_check;
alter table freehold.tenants add constraint tenants_standing_check
  check (standing in ('good', 'suspended', 'archived', 'closing')) not valid;
alter table freehold.tenants validate constraint tenants_standing_check;
alter table freehold.tenants add constraint tenants_closing_check
  check ((standing = 'closing') = (settled_standing is not null)) not valid;
alter table freehold.tenants validate constraint tenants_closing_check;
comment on column freehold.tenants.standing is
  'suspended: requests run as freehold_readonly; archived: they are refused, except to pay and to leave; closing: it is being deleted';

create or replace function freehold.tenant_settle(
  of_tenant uuid, of_plan text, of_version integer, of_standing text, at timestamptz
) returns boolean
language plpgsql as $$
begin
  update freehold.tenants as t
  set plan = of_plan, plan_version = of_version, updated_at = at,
    standing = case when t.standing = 'closing' then 'closing' else of_standing end,
    settled_standing = case when t.standing = 'closing' then of_standing end
  where tenant_id = of_tenant
    and (plan, plan_version, coalesce(settled_standing, standing)) is distinct from (of_plan, of_version, of_standing);
  return found;
end $$;
