-- Who did what, for the tenant's administrators: written in the transaction of the change, never changed afterwards, and
-- gone only with the tenant.
create table freehold.audit_entries (
  tenant_id uuid not null references freehold.tenants (tenant_id) on delete cascade,
  entry_id uuid not null,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('user', 'key', 'system')),
  actor_id uuid,
  action text not null check (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
  subject text,
  detail jsonb not null default '{}',
  primary key (tenant_id, entry_id),
  check ((actor_kind = 'system') = (actor_id is null))
);
comment on column freehold.audit_entries.actor_kind is 'system: Freehold itself; detail says why';
comment on column freehold.audit_entries.action is 'what happened to what, in lower case, with dots: billing.state_changed';
comment on column freehold.audit_entries.subject is 'what it happened to: an id, or a name';
-- Not for every member: it tells of money and of people.
select freehold.protect('freehold.audit_entries', clients => false, system => 'write');
revoke update, delete on freehold.audit_entries from freehold_app, freehold_system;

-- How every room writes an entry without knowing this table.
create function freehold.audit_append(
  of_tenant uuid, of_entry uuid, of_actor_kind text, of_actor uuid, of_action text, of_subject text, of_detail jsonb,
  at timestamptz
) returns void
language sql as $$
  insert into freehold.audit_entries (tenant_id, entry_id, at, actor_kind, actor_id, action, subject, detail)
  values (of_tenant, of_entry, at, of_actor_kind, of_actor, of_action, of_subject, coalesce(of_detail, '{}'))
$$;
revoke execute on function freehold.audit_append(uuid, uuid, text, uuid, text, text, jsonb, timestamptz) from public;
grant execute on function freehold.audit_append(uuid, uuid, text, uuid, text, text, jsonb, timestamptz)
  to freehold_app, freehold_system;
