-- As before; and where nobody is left, a job sees to it that what is paid ends.
create or replace function freehold.members_move_seats() returns trigger
language plpgsql as $$
declare
  of_tenant uuid := coalesce(new.tenant_id, old.tenant_id);
begin
  if exists (
    select from freehold.subscriptions
    where tenant_id = of_tenant and (
      per_member and status in ('trialing', 'active', 'past_due')
      or status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')
        and not exists (select from freehold.members where tenant_id = of_tenant)
    )
  ) then
    perform freehold.jobs_enqueue(
      of_tenant,
      json_build_array(json_build_object(
        'id', freehold.uuid_v7(clock_timestamp()), 'kind', 'billing.seats', 'payload', '{}'::json, 'run_at', 'epoch'::timestamptz,
        'key', null, 'urgency', 0, 'attempts', 15
      )),
      1::smallint, null, clock_timestamp()
    );
  end if;
  return null;
end $$;
