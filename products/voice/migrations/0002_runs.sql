create table voice.runs (
  tenant_id uuid not null,
  id uuid not null,
  workflow_id uuid not null,
  version integer not null,
  channel text not null check (channel in ('text')),
  direction text not null check (direction in ('inbound', 'outbound')),
  status text not null check (status in ('in_progress', 'completed', 'failed')),
  outcome text,
  success boolean not null default false,
  execution jsonb not null,
  duration_ms bigint not null default 0 check (duration_ms >= 0),
  cost_minor bigint not null default 0,
  cost_currency text not null,
  usage_period timestamptz not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, workflow_id, version) references voice.workflow_versions (tenant_id, workflow_id, version) on delete cascade
);
create unique index runs_id on voice.runs (id);
create index runs_workflow on voice.runs (tenant_id, workflow_id, version, id desc);
comment on column voice.runs.execution is 'the whole run: where it stands, what it knows, the transcript';
comment on column voice.runs.usage_period is 'begin of the period that pays for the call';
select freehold.protect('voice.runs');
