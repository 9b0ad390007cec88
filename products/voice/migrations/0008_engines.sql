create table voice.engines (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 100),
  url text not null check (length(url) <= 2000),
  enabled boolean not null,
  lease_seconds integer not null check (lease_seconds between 15 and 600),
  longest_seconds integer not null check (longest_seconds between 60 and 86400),
  sealed_secret bytea not null,
  previous_sealed_secret bytea,
  previous_until timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  primary key (tenant_id, id),
  check ((previous_sealed_secret is null) = (previous_until is null))
);
create unique index engines_id on voice.engines (id);
comment on column voice.engines.longest_seconds is 'a call that lasts longer is given up';
comment on column voice.engines.previous_sealed_secret is 'the secret before the last rotation, good until previous_until';
comment on column voice.engines.deleted_at is 'a deleted engine stays, so that its calls under way can report';
select freehold.protect('voice.engines', clients => false);
