-- A workflow over a list of contacts.
create table voice.campaigns (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  workflow_id uuid not null,
  version integer,
  channel text not null check (channel in ('text', 'http')),
  engine_id uuid,
  concurrency integer not null check (concurrency between 1 and 100),
  schedule json not null,
  tries integer not null check (tries between 1 and 10),
  retry_minutes integer not null check (retry_minutes between 0 and 10080),
  scripts json not null,
  status text not null
    check (status in ('draft', 'scheduled', 'running', 'paused', 'stopped', 'completed', 'cancelled', 'failed')),
  reason text,
  turns integer not null default 0,
  contacts integer not null default 0 check (contacts between 0 and 100000),
  started_at timestamptz,
  ended_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, workflow_id) references voice.workflows (tenant_id, id) on delete cascade,
  check ((reason is not null) = (status in ('stopped', 'failed')))
);
create unique index campaigns_id on voice.campaigns (id);
create index campaigns_workflow on voice.campaigns (tenant_id, workflow_id);
create index campaigns_stopped on voice.campaigns (id) where status = 'stopped';
create index campaigns_going on voice.campaigns (id) where status in ('scheduled', 'running');
comment on column voice.campaigns.version is 'of the workflow; null: what a run without a version gets, so that a split divides the contacts';
comment on column voice.campaigns.engine_id is 'who conducts the calls of the http channel; null there: the only engine';
comment on column voice.campaigns.scripts is 'what callees say on the text channel, taken in turn by contact and try';
comment on column voice.campaigns.turns is 'counts the times it was set going or its schedule changed: the job that drives it belongs to one of them';
comment on column voice.campaigns.contacts is 'how many it has; 100,000 at most, so that counting them stays quick';
comment on column voice.campaigns.deleted_at is 'deleted campaigns stay for the sake of their runs; their contacts do not';
-- Those that stopped by themselves, and those that have lost their job, are looked for in all tenants.
select freehold.protect('voice.campaigns', system => 'read');
