-- The last five slugs of an organization before its present one. They stay reserved, so that an address which others know does not lead
-- to another organization.
create table freehold.former_slugs (
  slug text primary key,
  tenant_id uuid not null references freehold.tenants (tenant_id) on delete cascade,
  replaced_at timestamptz not null
);
create index former_slugs_tenant on freehold.former_slugs (tenant_id, replaced_at);
select freehold.protect('freehold.former_slugs', clients => false, system => 'write');
revoke insert, update, delete on freehold.former_slugs from freehold_app;

-- With the owner's rights, because a tenant does not see the slugs of others. After the write, when the unique index has made the second
-- of two transactions wait for the first: what the first committed is visible then.
create function freehold.tenant_slug_follow() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from freehold.former_slugs as f where f.slug = new.slug and f.tenant_id <> new.tenant_id) then
    raise exception 'the slug belonged to another organization' using errcode = 'unique_violation', constraint = 'tenants_slug_key';
  end if;
  if tg_op = 'UPDATE' and old.slug <> new.slug then
    delete from freehold.former_slugs as f where f.slug = new.slug;
    insert into freehold.former_slugs (slug, tenant_id, replaced_at) values (old.slug, old.tenant_id, new.updated_at);
    delete from freehold.former_slugs as f
    where f.tenant_id = new.tenant_id and f.slug not in (
      select l.slug from freehold.former_slugs as l where l.tenant_id = new.tenant_id
      order by l.replaced_at desc, l.slug limit 5
    );
  end if;
  return null;
end $$;
revoke execute on function freehold.tenant_slug_follow() from public;
create trigger tenant_slug_follow
after insert or update of slug on freehold.tenants
for each row execute function freehold.tenant_slug_follow();
