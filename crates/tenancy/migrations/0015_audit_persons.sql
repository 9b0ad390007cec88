-- The keys under which personal data in audit entries is encrypted, one for each user or address in a tenant. Without the key, the
-- entries stay as they are, with their hashes, and nobody can read the personal data any more.
create table freehold.audit_persons (
  tenant_id uuid not null,
  key_id uuid not null,
  person text check (person ~ '^(user|service|key|email):'),
  sealed_key bytea,
  erased_at timestamptz,
  primary key (tenant_id, key_id),
  unique (tenant_id, person),
  check ((sealed_key is null) = (erased_at is not null)),
  check (person is not null or sealed_key is null)
);
comment on column freehold.audit_persons.person is
  'user:<id>; email:<keyed digest> for an address without a user, null once it was erased; service:<id>, key:<id>: no user is responsible';
comment on column freehold.audit_persons.sealed_key is 'the key, encrypted with the master key; null when it was destroyed';
select freehold.protect('freehold.audit_persons', clients => false, system => 'write');
revoke insert, update, delete on freehold.audit_persons from freehold_app;
create index audit_persons_person on freehold.audit_persons (person);

create or replace function freehold.tenant_audit_ends() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from freehold.audit_entries as a where a.tenant_id = old.tenant_id;
  delete from freehold.audit_chains as c where c.tenant_id = old.tenant_id;
  delete from freehold.audit_persons as p where p.tenant_id = old.tenant_id;
  return null;
end $$;
