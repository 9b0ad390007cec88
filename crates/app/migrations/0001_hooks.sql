-- The hooks of modules run as jobs. Triggers enqueue them, so that no way of changing an organization can forget one, and none
-- runs for a change that is rolled back.
create function freehold.hook_enqueue(of_tenant uuid, hook text, payload json) returns void
language sql as $$
  select freehold.jobs_enqueue(
    of_tenant,
    json_build_array(json_build_object(
      'id', freehold.uuid_v7(clock_timestamp()), 'kind', hook, 'payload', payload, 'run_at', 'epoch'::timestamptz,
      'key', null, 'urgency', 0, 'attempts', 15
    )),
    1::smallint, null, clock_timestamp()
  )
$$;

create function freehold.tenant_hooks() returns trigger
language plpgsql as $$
begin
  if (new.plan, new.plan_version) is distinct from (old.plan, old.plan_version) then
    perform freehold.hook_enqueue(new.tenant_id, 'app.plan_changed', '{}');
  end if;
  if new.standing = 'archived' and old.standing <> 'archived' then
    perform freehold.hook_enqueue(new.tenant_id, 'app.tenant_closed', '{}');
  end if;
  return null;
end $$;
create trigger tenant_hooks
after update of plan, plan_version, standing on freehold.tenants
for each row execute function freehold.tenant_hooks();

create function freehold.member_hooks() returns trigger
language plpgsql as $$
begin
  -- Members that go with their organization are not removed from it.
  if exists (select from freehold.tenants where tenant_id = old.tenant_id) then
    perform freehold.hook_enqueue(old.tenant_id, 'app.member_removed', json_build_object('user', old.user_id));
  end if;
  return null;
end $$;
create trigger member_hooks
after delete on freehold.members
for each row execute function freehold.member_hooks();
