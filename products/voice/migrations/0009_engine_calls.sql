-- Runs by a voice engine: another channel, and two states that only they have.
alter table voice.runs drop constraint runs_channel_check;
alter table voice.runs add constraint runs_channel_check check (channel in ('text', 'http')) not valid;
alter table voice.runs validate constraint runs_channel_check;
alter table voice.runs drop constraint runs_status_check;
alter table voice.runs add constraint runs_status_check
  check (status in ('queued', 'in_progress', 'completed', 'failed', 'cancelled')) not valid;
alter table voice.runs validate constraint runs_status_check;

create table voice.engine_calls (
  tenant_id uuid not null,
  run_id uuid not null,
  engine_id uuid not null,
  phone_number text,
  lease_seconds integer not null,
  longest_seconds integer not null,
  lease_until timestamptz not null,
  deadline timestamptz not null,
  accepted_at timestamptz,
  result_sequence bigint,
  ended_at timestamptz,
  primary key (tenant_id, run_id),
  foreign key (tenant_id, run_id) references voice.runs (tenant_id, id) on delete cascade,
  foreign key (tenant_id, engine_id) references voice.engines (tenant_id, id) on delete cascade
);
create unique index engine_calls_run on voice.engine_calls (run_id);
create index engine_calls_engine on voice.engine_calls (tenant_id, engine_id);
create index engine_calls_overdue on voice.engine_calls (lease_until) where ended_at is null;
comment on table voice.engine_calls is 'what a run on the http channel has besides a run: its engine and its lease';
comment on column voice.engine_calls.lease_until is 'whoever has not been heard of by then is given up; before an engine took the call: by when one has to';
comment on column voice.engine_calls.deadline is 'the call is given up then, heard of or not';
comment on column voice.engine_calls.result_sequence is 'sequence of the result that counts; none: without, or given up, or cancelled';
-- A report comes with a run and no tenant, and overdue calls are looked for in all tenants.
select freehold.protect('voice.engine_calls', clients => false, system => 'read');

create table voice.engine_reports (
  tenant_id uuid not null,
  run_id uuid not null,
  report_id text not null check (length(report_id) between 1 and 64),
  sequence bigint not null,
  report jsonb not null,
  late boolean not null,
  received_at timestamptz not null,
  primary key (tenant_id, run_id, report_id),
  foreign key (tenant_id, run_id) references voice.engine_calls (tenant_id, run_id) on delete cascade
);
create index engine_reports_in_order on voice.engine_reports (tenant_id, run_id, sequence, report_id);
comment on column voice.engine_reports.late is 'came after the run was given up or cancelled: kept, and without effect';
select freehold.protect('voice.engine_reports', clients => false);
-- What was reported does not change afterwards.
revoke update on voice.engine_reports from freehold_app;
