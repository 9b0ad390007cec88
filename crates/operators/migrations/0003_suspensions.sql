-- An operator suspends an organization whatever it pays.
alter table freehold.tenants
  add column suspended_at timestamptz,
  add column suspended_reason text check (length(suspended_reason) between 1 and 500),
  add constraint tenants_suspension_check check (
    (suspended_at is null) = (suspended_reason is null) and (suspended_at is null or standing <> 'good')) not valid;
alter table freehold.tenants validate constraint tenants_suspension_check;

create or replace function freehold.tenant_settle(
  of_tenant uuid, of_plan text, of_version integer, of_standing text, at timestamptz
) returns boolean
language plpgsql as $$
begin
  update freehold.tenants as t set
    plan = of_plan, plan_version = of_version, updated_at = at, settled = of_standing,
    standing = freehold.tenant_standing(of_standing, t.closing_at, t.suspended_at)
  where t.tenant_id = of_tenant and (t.plan, t.plan_version, t.settled, t.standing) is distinct from
    (of_plan, of_version, of_standing, freehold.tenant_standing(of_standing, t.closing_at, t.suspended_at));
  return found;
end $$;
