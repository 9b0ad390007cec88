-- The chain of a tenant: its entries get numbers and hashes after they were committed, so writing an entry waits for nobody. This row
-- is locked by whoever numbers entries of the tenant, and by nobody else.
create table freehold.audit_chains (
  tenant_id uuid primary key,
  number bigint not null default 0 check (number >= 0),
  hash bytea not null default decode(repeat('00', 32), 'hex') check (length(hash) = 32),
  signed_at timestamptz,
  public_key bytea check (length(public_key) = 32),
  signature bytea check (length(signature) = 64),
  check ((number = 0) = (signature is null) and (signature is null) = (signed_at is null)
         and (signature is null) = (public_key is null))
);
comment on column freehold.audit_chains.number is 'number of the last entry; 0: none yet';
comment on column freehold.audit_chains.hash is 'hash of the last entry; zeros: none yet';
comment on column freehold.audit_chains.signature is 'Ed25519 over tenant, number, hash and time';
select freehold.protect('freehold.audit_chains', clients => false, system => 'write');
revoke insert, update, delete on freehold.audit_chains from freehold_app;
revoke delete on freehold.audit_chains from freehold_system;

create unique index audit_entries_number on freehold.audit_entries (tenant_id, number);
create index audit_entries_unchained on freehold.audit_entries (tenant_id, at, entry_id) where number is null;

-- Joining the chain is the only change of an entry.
create function freehold.audit_entry_guard() returns trigger
language plpgsql as $$
begin
  if tg_op = 'INSERT' and new.number is null and new.hash is null and new.sealed is null then
    return new;
  end if;
  if tg_op = 'UPDATE' and old.number is null and new.number is not null and new.hash is not null
    and new.sealed is not null and new.personal is null
    and (new.tenant_id, new.entry_id, new.at, new.actor_kind, new.action, new.detail)
        = (old.tenant_id, old.entry_id, old.at, old.actor_kind, old.action, old.detail)
    and (new.actor_id, new.subject, new.before, new.after)
        is not distinct from (old.actor_id, old.subject, old.before, old.after)
  then
    return new;
  end if;
  raise exception 'audit entries are never changed' using errcode = 'insufficient_privilege';
end $$;
revoke execute on function freehold.audit_entry_guard() from public;
create trigger audit_entry_guard
before insert or update on freehold.audit_entries
for each row execute function freehold.audit_entry_guard();
grant update (number, hash, personal, sealed) on freehold.audit_entries to freehold_system;

-- With the entries goes their chain.
create or replace function freehold.tenant_audit_ends() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from freehold.audit_entries as a where a.tenant_id = old.tenant_id;
  delete from freehold.audit_chains as c where c.tenant_id = old.tenant_id;
  return null;
end $$;
