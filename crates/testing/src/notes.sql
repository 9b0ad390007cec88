create schema it;
grant usage on schema it to freehold_app, freehold_system, freehold_readonly, authenticated, anon;
create table it.notes (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  body text not null,
  primary key (tenant_id, id),
  constraint notes_body_key unique (tenant_id, body)
);
select freehold.protect('it.notes');
