create schema if not exists voice;
grant usage on schema voice to freehold_app, freehold_readonly, freehold_system, authenticated;

create table voice.workflows (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  version integer not null check (version > 0),
  graph json not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  primary key (tenant_id, id)
);
create unique index workflows_id on voice.workflows (id);
comment on column voice.workflows.graph is 'the graph of the current version, so that reading a workflow reads one row; json and not jsonb, because it is handed out as it is';
comment on column voice.workflows.deleted_at is 'deleted workflows stay for the sake of their runs';
select freehold.protect('voice.workflows');

create table voice.workflow_versions (
  tenant_id uuid not null,
  workflow_id uuid not null,
  version integer not null,
  graph json not null,
  created_at timestamptz not null,
  primary key (tenant_id, workflow_id, version),
  foreign key (tenant_id, workflow_id) references voice.workflows (tenant_id, id) on delete cascade
);
select freehold.protect('voice.workflow_versions');
-- What a run ran does not change afterwards.
revoke update on voice.workflow_versions from freehold_app;
