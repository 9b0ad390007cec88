-- A comparison of versions of a workflow: runs that name no version are divided among the variants by weight.
create table voice.splits (
  tenant_id uuid not null,
  id uuid not null,
  workflow_id uuid not null,
  variants jsonb not null check (jsonb_typeof(variants) = 'array' and jsonb_array_length(variants) >= 2),
  winner integer,
  started_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, workflow_id) references voice.workflows (tenant_id, id) on delete cascade,
  check (winner is null or ended_at is not null)
);
create index splits_workflow on voice.splits (tenant_id, workflow_id, id desc);
create unique index splits_running on voice.splits (tenant_id, workflow_id) where ended_at is null;
comment on column voice.splits.variants is '[{"version": 1, "weight": 50}, …]; never changed, because numbers gathered under other weights cannot be compared';
comment on column voice.splits.winner is 'the version that became current when the split ended; null: none did';
select freehold.protect('voice.splits');

-- No foreign keys: neither splits nor campaigns are ever deleted by themselves, and an index for each would cost every run.
alter table voice.runs add column split_id uuid, add column campaign_id uuid;
comment on column voice.runs.split_id is 'the split that chose the version, which is then the variant; null: the version was named, or no split was running';
comment on column voice.runs.campaign_id is 'the campaign that called; null: none';
