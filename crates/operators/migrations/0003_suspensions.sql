-- An operator suspends an organization whatever it pays. While they do, `settled` is the standing that billing decided, and comes back
-- with the reactivation.
alter table freehold.tenants
  add column suspended_at timestamptz,
  add column suspended_reason text check (length(suspended_reason) between 1 and 500),
  add column settled text check (settled in ('good', 'suspended', 'archived')),
  add constraint tenants_suspension_check check (
    (suspended_at is null) = (suspended_reason is null) and (suspended_at is null) = (settled is null)
    and (suspended_at is null or standing <> 'good')) not valid;
alter table freehold.tenants validate constraint tenants_suspension_check;
comment on column freehold.tenants.suspended_at is 'when an operator suspended it; null: no operator did';
comment on column freehold.tenants.settled is 'the standing that billing decided while an operator suspends it; null: that is the standing';

create or replace function freehold.tenant_settle(
  of_tenant uuid, of_plan text, of_version integer, of_standing text, at timestamptz
) returns boolean
language plpgsql as $$
begin
  update freehold.tenants as t set
    plan = of_plan, plan_version = of_version, updated_at = at,
    standing = case when t.suspended_at is not null and of_standing = 'good' then 'suspended' else of_standing end,
    settled = case when t.suspended_at is not null then of_standing end
  where t.tenant_id = of_tenant
    and (t.plan, t.plan_version, coalesce(t.settled, t.standing)) is distinct from (of_plan, of_version, of_standing);
  return found;
end $$;
