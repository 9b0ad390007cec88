-- Organizations that are to be deleted. The row goes with its organization; `freehold.erasures` keeps what remains.
create table freehold.tenant_deletions (
  tenant_id uuid primary key references freehold.tenants (tenant_id) on delete cascade,
  reason text not null check (reason in ('owner', 'account', 'retention')),
  requested_by uuid,
  requested_at timestamptz not null,
  due_at timestamptz not null,
  begun_at timestamptz,
  problem text
);
comment on column freehold.tenant_deletions.reason is
  'owner: an owner requested it; account: its last member deleted their account; retention: it was archived for too long';
comment on column freehold.tenant_deletions.requested_by is 'the user; null: the server';
comment on column freehold.tenant_deletions.begun_at is 'when erasing began, after which nothing cancels it; null: it has not';
comment on column freehold.tenant_deletions.problem is 'why it could not begin when it was due; null: nothing';
create index tenant_deletions_due on freehold.tenant_deletions (due_at);
select freehold.protect('freehold.tenant_deletions', clients => false, system => 'write');
revoke insert, update, delete on freehold.tenant_deletions from freehold_app;

-- Whether the organization is being erased, so that it is not there any more for its members and keys.
create function freehold.tenant_erasing(of_tenant uuid) returns boolean
language sql stable
as $$
  select exists (select from freehold.tenant_deletions as d where d.tenant_id = of_tenant and d.begun_at is not null)
$$;
revoke execute on function freehold.tenant_erasing(uuid) from public;
grant execute on function freehold.tenant_erasing(uuid) to freehold_system;
