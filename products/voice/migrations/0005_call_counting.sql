-- Counts a run in the rollup, or takes it out again (times = -1). It runs with the rights of whoever ends the run.
create function voice.call_count(run voice.runs, times integer) returns void
language plpgsql as $$
begin
  insert into voice.call_quarters as q (
    tenant_id, quarter, workflow_id, version, campaign_id, split_id, channel, currency,
    calls, completed, succeeded, duration_ms, cost_minor
  ) values (
    run.tenant_id, date_bin('15 minutes', run.started_at, 'epoch'), run.workflow_id, run.version,
    coalesce(run.campaign_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(run.split_id, '00000000-0000-0000-0000-000000000000'), run.channel, run.cost_currency,
    times, times * (run.status = 'completed')::integer, times * run.success::integer,
    times * run.duration_ms, times * run.cost_minor
  )
  on conflict (tenant_id, quarter, workflow_id, version, campaign_id, split_id, channel, currency) do update set
    calls = q.calls + excluded.calls,
    completed = q.completed + excluded.completed,
    succeeded = q.succeeded + excluded.succeeded,
    duration_ms = q.duration_ms + excluded.duration_ms,
    cost_minor = q.cost_minor + excluded.cost_minor;
end $$;

-- Triggers, so that no way of ending a run can forget to count it; deferred, so that the row which the tenant's other
-- calls wait for is locked last, while the transaction commits, and never before another lock.
create function voice.run_counted() returns trigger
language plpgsql as $$
begin
  -- shared: a rebuild waits for all of them and keeps new ones out
  perform pg_advisory_xact_lock_shared(hashtext('voice.call_quarters'), hashtext(new.tenant_id::text));
  if tg_op = 'UPDATE' and old.status in ('completed', 'failed') then
    perform voice.call_count(old, -1);
  end if;
  if new.status in ('completed', 'failed') then
    perform voice.call_count(new, 1);
  end if;
  return null;
end $$;
create constraint trigger run_counted
after insert on voice.runs
deferrable initially deferred
for each row when (new.status in ('completed', 'failed')) execute function voice.run_counted();
create constraint trigger run_recounted
after update on voice.runs
deferrable initially deferred
for each row when (old.status in ('completed', 'failed') or new.status in ('completed', 'failed')) execute function voice.run_counted();

-- Counts a tenant's runs anew; how many rows the rollup has then. Calls that end meanwhile wait.
create function voice.call_quarters_rebuild(of_tenant uuid) returns bigint
language plpgsql as $$
declare
  rebuilt bigint;
begin
  perform pg_advisory_xact_lock(hashtext('voice.call_quarters'), hashtext(of_tenant::text));
  delete from voice.call_quarters where tenant_id = of_tenant;
  insert into voice.call_quarters (
    tenant_id, quarter, workflow_id, version, campaign_id, split_id, channel, currency,
    calls, completed, succeeded, duration_ms, cost_minor
  )
  select tenant_id, quarter, workflow_id, version, campaign_id, split_id, channel, currency,
    calls, completed, succeeded, duration_ms, cost_minor
  from voice.call_quarters_of_runs where tenant_id = of_tenant;
  get diagnostics rebuilt = row_count;
  return rebuilt;
end $$;

-- Where the rollup differs from the runs. Always empty.
create view voice.call_quarters_drift with (security_invoker = true) as
select tenant_id, quarter, workflow_id, version, coalesce(q.calls, 0) as counted, coalesce(r.calls, 0) as in_runs
from voice.call_quarters as q
full join voice.call_quarters_of_runs as r
  using (tenant_id, quarter, workflow_id, version, campaign_id, split_id, channel, currency)
where coalesce(q.calls, 0) <> coalesce(r.calls, 0)
  or coalesce(q.completed, 0) <> coalesce(r.completed, 0)
  or coalesce(q.succeeded, 0) <> coalesce(r.succeeded, 0)
  or coalesce(q.duration_ms, 0) <> coalesce(r.duration_ms, 0)
  or coalesce(q.cost_minor, 0) <> coalesce(r.cost_minor, 0);
grant select on voice.call_quarters_drift to freehold_app, freehold_readonly;

select voice.call_quarters_rebuild(tenant_id) from (select distinct tenant_id from voice.runs) as tenants;
