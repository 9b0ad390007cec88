-- Plans are data with versions: what a tenant bought stays what it was, whatever product.toml says today.
create table freehold.plan_versions (
  product text not null,
  plan text not null,
  version integer not null check (version > 0),
  definition jsonb not null,
  created_at timestamptz not null,
  primary key (product, plan, version)
);
comment on column freehold.plan_versions.definition is 'the plan as product.toml had it when this version first started';
grant select, insert on freehold.plan_versions to freehold_system;
