-- Old entries are deleted where the plan keeps them for a number of days: always the beginning of a chain, up to an entry whose number and
-- hash are stored here, signed. So the entries behind it can be verified as before.
alter table freehold.audit_chains
  add column cut_number bigint not null default 0,
  add column cut_hash bytea not null default decode(repeat('00', 32), 'hex') check (length(cut_hash) = 32),
  add column cut_at timestamptz,
  add column cut_public_key bytea check (length(cut_public_key) = 32),
  add column cut_signature bytea check (length(cut_signature) = 64),
  add check (cut_number between 0 and number),
  add check ((cut_number = 0) = (cut_signature is null) and (cut_signature is null) = (cut_at is null)
             and (cut_signature is null) = (cut_public_key is null));
comment on column freehold.audit_chains.cut_number is 'number of the last entry that was deleted because of its age; 0: none';
comment on column freehold.audit_chains.cut_signature is 'Ed25519 over tenant, number, hash and time of the cut';

-- Deletes the entries up to the cut. With the owner's rights, because no role may delete an entry otherwise.
create function freehold.audit_cut(of_tenant uuid) returns bigint
language sql security definer set search_path = ''
as $$
  with deleted as (
    delete from freehold.audit_entries as e using freehold.audit_chains as c
    where e.tenant_id = of_tenant and c.tenant_id = of_tenant and e.number <= c.cut_number
    returning 1
  )
  select count(*) from deleted
$$;
revoke execute on function freehold.audit_cut(uuid) from public;
grant execute on function freehold.audit_cut(uuid) to freehold_system;
