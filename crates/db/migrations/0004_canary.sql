-- A row each for two tenants that do not exist, played against each other before the server starts.
create table freehold.canary (
  tenant_id uuid primary key,
  touched integer not null default 0
);
comment on table freehold.canary is 'two synthetic tenants; see crates/db/src/canary.rs';
select freehold.protect('freehold.canary', clients => false);
