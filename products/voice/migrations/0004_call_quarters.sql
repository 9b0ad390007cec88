-- What analytics reads: the runs that were completed or failed, counted by the quarter of an hour in which they began. Quarters, because
-- the days and hours of every time zone in use begin at one (Kathmandu is 5:45 ahead of UTC).
create table voice.call_quarters (
  tenant_id uuid not null,
  quarter timestamptz not null,
  workflow_id uuid not null,
  version integer not null,
  campaign_id uuid not null,
  split_id uuid not null,
  channel text not null,
  currency text not null,
  calls bigint not null,
  completed bigint not null,
  succeeded bigint not null,
  duration_ms bigint not null,
  cost_minor bigint not null,
  primary key (tenant_id, quarter, workflow_id, version, campaign_id, split_id, channel, currency)
) with (fillfactor = 70);
create index call_quarters_split on voice.call_quarters (tenant_id, split_id)
  where split_id <> '00000000-0000-0000-0000-000000000000';
comment on table voice.call_quarters is 'a rollup of voice.runs; no column that changes is indexed, so that counting rewrites a row in its page';
comment on column voice.call_quarters.campaign_id is 'the nil UUID: of no campaign';
comment on column voice.call_quarters.split_id is 'the nil UUID: no split chose the version';
comment on column voice.call_quarters.calls is 'runs that were completed or failed; those that failed are calls less completed';
select freehold.protect('voice.call_quarters', system => 'read');

-- What the rollup has to be, counted from the runs.
create view voice.call_quarters_of_runs with (security_invoker = true) as
select tenant_id, date_bin('15 minutes', started_at, 'epoch') as quarter, workflow_id, version,
  coalesce(campaign_id, '00000000-0000-0000-0000-000000000000') as campaign_id,
  coalesce(split_id, '00000000-0000-0000-0000-000000000000') as split_id,
  channel, cost_currency as currency, count(*) as calls, count(*) filter (where status = 'completed') as completed,
  count(*) filter (where success) as succeeded, sum(duration_ms)::bigint as duration_ms, sum(cost_minor)::bigint as cost_minor
from voice.runs
where status in ('completed', 'failed')
group by 1, 2, 3, 4, 5, 6, 7, 8;
grant select on voice.call_quarters_of_runs to freehold_app, freehold_readonly;
