-- The tenants a signed-in Supabase client belongs to. The members arrive with a later migration; until then, nobody
-- belongs anywhere.
create function freehold.my_tenants() returns setof uuid
language sql stable security definer set search_path = ''
as $$ select null::uuid where false $$;
revoke execute on function freehold.my_tenants() from public;
grant execute on function freehold.my_tenants() to authenticated;

-- Protects a tenant's table: an index that begins with tenant_id, row-level security enabled and forced, a policy for
-- each command, grants. Every tenant table is made with it, and calling it again restores what somebody broke.
--
-- clients: whether a signed-in Supabase client may read the table (never write: that would go round the plan's limits)
-- system:  'none', 'read' or 'write': what work across tenants may do with it
create function freehold.protect(target regclass, clients boolean default true, system text default 'none')
returns void
language plpgsql set search_path = ''
as $$
declare
  -- What freehold.tenant_id() says, written out: as a function it would be planned anew with every statement. Inside a
  -- select it is asked once a statement and not once a row.
  own constant text := 'tenant_id = (select nullif(current_setting(''freehold.tenant_id'', true), '''')::uuid)';
  policy record;
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = target and attname = 'tenant_id' and atttypid = 'uuid'::regtype and attnotnull and not attisdropped
  ) then
    raise exception 'freehold.protect(%): the table needs a column "tenant_id uuid not null"', target;
  end if;
  if system not in ('none', 'read', 'write') then
    raise exception 'freehold.protect(%): system is %; expected none, read or write', target, system;
  end if;
  if not exists (
    select from pg_catalog.pg_index as i
    join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where i.indrelid = target and a.attname = 'tenant_id' and i.indpred is null and i.indisvalid
  ) then
    execute format('create index on %s (tenant_id)', target);
  end if;

  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  for policy in select polname from pg_catalog.pg_policy where polrelid = target and polname like 'freehold\_%' loop
    execute format('drop policy %I on %s', policy.polname, target);
  end loop;

  execute format('create policy freehold_select on %s for select to freehold_app, freehold_readonly using (%s)', target, own);
  execute format('create policy freehold_insert on %s for insert to freehold_app with check (%s)', target, own);
  execute format('create policy freehold_update on %s for update to freehold_app using (%s) with check (%2$s)', target, own);
  execute format('create policy freehold_delete on %s for delete to freehold_app using (%s)', target, own);
  -- forced row-level security binds the owner too; without this a migration would change no row and say nothing
  execute format('create policy freehold_owner on %s to freehold_owner using (true) with check (true)', target);

  execute format('revoke all on table %s from public, anon, authenticated', target);
  execute format('grant select on table %s to freehold_readonly', target);
  execute format('grant select, insert, update, delete on table %s to freehold_app', target);
  if clients then
    execute format(
      'create policy freehold_client on %s for select to authenticated using (tenant_id = any (array(select freehold.my_tenants())))',
      target
    );
    execute format('grant select on table %s to authenticated', target);
  end if;
  if system = 'read' then
    execute format('create policy freehold_system on %s for select to freehold_system using (true)', target);
    execute format('grant select on table %s to freehold_system', target);
  elsif system = 'write' then
    execute format('create policy freehold_system on %s to freehold_system using (true) with check (true)', target);
    execute format('grant select, insert, update, delete on table %s to freehold_system', target);
  end if;
end $$;

revoke execute on function freehold.protect(regclass, boolean, text) from public;

-- The tables that hold tenants' rows: those with a column tenant_id that belong to us.
create function freehold.tenant_tables() returns setof regclass
language sql stable set search_path = ''
as $$
  select c.oid::regclass
  from pg_catalog.pg_class as c
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relkind in ('r', 'p') and pg_catalog.pg_get_userbyid(c.relowner) = 'freehold_owner'
$$;

-- The views that read tenants' tables, through other views too.
create function freehold.tenant_views() returns setof oid
language sql stable set search_path = ''
as $$
  with recursive read (by, what) as (
    select r.ev_class, d.refobjid
    from pg_catalog.pg_rewrite as r
    join pg_catalog.pg_depend as d
      on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
      and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> r.ev_class
  ), views (oid) as (
    select by from read where what in (select freehold.tenant_tables())
    union
    select by from read join views on views.oid = read.what
  )
  select v.oid from views as v join pg_catalog.pg_class as c on c.oid = v.oid where c.relkind in ('v', 'm')
$$;

-- What is wrong with the isolation of tenants, in sentences; no row when nothing is. What a policy should say is what
-- that of the canary says, in the words of this version of Postgres; whether that isolates, the canary shows by trying.
create function freehold.isolation_faults() returns setof text
language sql stable set search_path = ''
as $$
  select format('table %s: row-level security is not %s', c.oid::regclass,
                case when c.relrowsecurity then 'forced' else 'enabled' end)
  from pg_catalog.pg_class as c
  where c.oid in (select freehold.tenant_tables()) and not (c.relrowsecurity and c.relforcerowsecurity)
  union all
  select format('table %s: the policy for %s is missing', t, p)
  from freehold.tenant_tables() as t
  cross join unnest(array['freehold_select', 'freehold_insert', 'freehold_update', 'freehold_delete']) as p
  where not exists (select from pg_catalog.pg_policy where polrelid = t and polname = p)
  union all
  -- Permissive policies add up, so one that says more than ours opens the table, whatever its name.
  select format('table %s: policy %I lets more through than the tenant''s own rows: %s', p.polrelid::regclass, p.polname, e.expression)
  from pg_catalog.pg_policy as p
  cross join lateral (values
    (pg_catalog.pg_get_expr(p.polqual, p.polrelid)),
    (pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
  ) as e (expression)
  where p.polrelid in (select freehold.tenant_tables())
    and p.polpermissive
    and e.expression is not null
    and e.expression <> '(tenant_id = ANY (ARRAY( SELECT freehold.my_tenants() AS my_tenants)))'
    and e.expression is distinct from (
      select pg_catalog.pg_get_expr(polqual, polrelid) from pg_catalog.pg_policy
      where polrelid = to_regclass('freehold.canary') and polname = 'freehold_select'
    )
    and p.polroles && (
      select array_agg(oid) || 0::oid from pg_catalog.pg_roles
      where rolname in ('freehold_app', 'freehold_readonly', 'anon', 'authenticated')
    )
  union all
  select format('role %s: it may pass by row-level security', rolname)
  from pg_catalog.pg_roles
  where rolname in ('freehold_app', 'freehold_readonly', 'freehold_system', 'anon', 'authenticated')
    and (rolsuper or rolbypassrls)
  union all
  select format('role %s: it is a member of freehold_owner, which sees everything', rolname)
  from pg_catalog.pg_roles
  where rolname in ('freehold_app', 'freehold_readonly', 'freehold_system', 'anon', 'authenticated')
    and pg_catalog.pg_has_role(oid, 'freehold_owner', 'member')
  union all
  -- A view reads with the rights of its owner, who sees every tenant's rows, unless it is told not to.
  select format('view %s: it shows %s the rows of every tenant, because it is not "with (security_invoker = true)"',
                v.oid::regclass, string_agg(r, ' and ' order by r))
  from pg_catalog.pg_class as v
  cross join unnest(array['freehold_app', 'freehold_readonly', 'anon', 'authenticated']) as r
  where v.oid in (select freehold.tenant_views())
    and (v.relkind = 'm'
         or not coalesce((select option_value::boolean from pg_catalog.pg_options_to_table(v.reloptions)
                          where option_name = 'security_invoker'), false))
    and (has_table_privilege(r, v.oid, 'select') or has_any_column_privilege(r, v.oid, 'select'))
  group by v.oid
$$;
revoke execute on function freehold.isolation_faults() from public;
grant execute on function freehold.isolation_faults() to freehold_system;

-- The tenants' tables in which whoever asks sees at least one row.
create function freehold.visible_tables() returns setof text
language plpgsql stable set search_path = ''
as $$
declare
  target regclass;
  visible boolean;
begin
  for target in select freehold.tenant_tables() loop
    continue when not has_table_privilege(target, 'select');
    execute format('select exists (select from %s)', target) into visible;
    if visible then
      return next target::text;
    end if;
  end loop;
end $$;
