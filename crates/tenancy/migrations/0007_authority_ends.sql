-- Whoever leaves takes along what they gave: their open invitations are closed, their API keys are suspended, and a job tells
-- the owners of the keys, who adopt or revoke them.
alter table freehold.invitations add column invited_by_key uuid;
comment on column freehold.invitations.invited_by is 'the user; null: a key';
comment on column freehold.invitations.invited_by_key is 'the key; null: a user';
create index invitations_inviter on freehold.invitations (tenant_id, invited_by)
  where accepted_at is null and revoked_at is null;
create index invitations_inviting_key on freehold.invitations (tenant_id, invited_by_key)
  where accepted_at is null and revoked_at is null;

create function freehold.member_authority_ends() returns trigger
language plpgsql as $$
declare
  suspended uuid[];
begin
  if not exists (select from freehold.tenants where tenant_id = old.tenant_id) then
    return null;
  end if;
  -- Before its end, so that it is told from one that has expired.
  update freehold.invitations set revoked_at = least(clock_timestamp(), expires_at - interval '1 microsecond')
  where tenant_id = old.tenant_id and invited_by = old.user_id and accepted_at is null and revoked_at is null;
  -- In the order in which revoking locks them.
  perform from freehold.api_keys
  where tenant_id = old.tenant_id and created_by = old.user_id and revoked_at is null and suspended_at is null
  order by id for update;
  with ended as (
    update freehold.api_keys set suspended_at = clock_timestamp()
    where tenant_id = old.tenant_id and created_by = old.user_id and revoked_at is null and suspended_at is null
    returning id
  )
  select array_agg(id order by id) into suspended from ended;
  if suspended is not null then
    perform freehold.jobs_enqueue(
      old.tenant_id,
      json_build_array(json_build_object(
        'id', freehold.uuid_v7(clock_timestamp()), 'kind', 'identity.keys_suspended',
        'payload', json_build_object('keys', suspended), 'run_at', 'epoch'::timestamptz,
        'key', null, 'urgency', 0, 'attempts', 15
      )),
      1::smallint, null, clock_timestamp()
    );
  end if;
  return null;
end $$;
create trigger member_authority_ends
after delete on freehold.members
for each row execute function freehold.member_authority_ends();

-- The same for a key that is suspended or revoked.
create function freehold.key_authority_ends() returns trigger
language plpgsql as $$
begin
  update freehold.invitations set revoked_at = least(clock_timestamp(), expires_at - interval '1 microsecond')
  where tenant_id = new.tenant_id and invited_by_key = new.id and accepted_at is null and revoked_at is null;
  return null;
end $$;
create trigger key_authority_ends
after update of suspended_at, revoked_at on freehold.api_keys
for each row when (new.suspended_at is not null or new.revoked_at is not null)
execute function freehold.key_authority_ends();

-- Keys that keys created had no user, and invitations of keys no key. The audit knows which it was.
update freehold.api_keys as k set parent_id = a.actor_id
from freehold.audit_entries as a
where k.created_by is null and a.tenant_id = k.tenant_id and a.action = 'key.created' and a.subject = k.id::text
  and a.actor_kind = 'key' and a.actor_id <> k.id;
with recursive behind (id, created_by) as (
  select id, created_by from freehold.api_keys where created_by is not null
  union
  select k.id, b.created_by from behind as b join freehold.api_keys as k on k.parent_id = b.id and k.created_by is null
)
update freehold.api_keys as k set created_by = b.created_by from behind as b where k.id = b.id and k.created_by is null;
update freehold.invitations as i set invited_by_key = a.actor_id
from freehold.audit_entries as a
where i.invited_by is null and a.tenant_id = i.tenant_id and a.action = 'invitation.created'
  and a.subject = i.invitation_id::text and a.actor_kind = 'key';

-- Keys whose user has left, or is not known, or that a key created which works no longer, and what such keys and users offer.
with ended as (
  update freehold.api_keys as k set suspended_at = clock_timestamp()
  where k.revoked_at is null and k.suspended_at is null
    and (
      not exists (select from freehold.members as m where m.tenant_id = k.tenant_id and m.user_id = k.created_by)
      or exists (
        select from freehold.key_line(k.parent_id) as l join freehold.api_keys as p on p.id = l.id
        where p.revoked_at is not null or p.expires_at <= clock_timestamp()
      )
    )
  returning k.tenant_id, k.id
), by_tenant as (
  select e.tenant_id, array_agg(e.id order by e.id) as keys
  from ended as e join freehold.tenants as t using (tenant_id) group by e.tenant_id
)
select freehold.jobs_enqueue(
  tenant_id,
  json_build_array(json_build_object(
    'id', freehold.uuid_v7(clock_timestamp()), 'kind', 'identity.keys_suspended',
    'payload', json_build_object('keys', keys), 'run_at', 'epoch'::timestamptz,
    'key', null, 'urgency', 0, 'attempts', 15
  )),
  1::smallint, null, clock_timestamp()
)
from by_tenant;
update freehold.invitations as i set revoked_at = least(clock_timestamp(), i.expires_at - interval '1 microsecond')
where i.accepted_at is null and i.revoked_at is null and (
  i.invited_by_key is null
    and not exists (select from freehold.members as m where m.tenant_id = i.tenant_id and m.user_id = i.invited_by)
  or exists (
    select from freehold.api_keys as k
    where k.id = i.invited_by_key and (k.suspended_at is not null or k.revoked_at is not null)
  )
);
