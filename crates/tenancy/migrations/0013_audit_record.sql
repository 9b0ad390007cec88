-- What an entry says besides: values before and after the change, and personal data. Personal data stands in clear only until the entry
-- joins its chain, and is sealed under keys of the users concerned then.
alter table freehold.audit_entries
  add column before jsonb,
  add column after jsonb,
  add column personal jsonb,
  add column sealed json,
  add column number bigint,
  add column hash bytea;
comment on column freehold.audit_entries.personal is
  'personal data until the entry is chained: [{"person": "user:<id>", "values": {"client.address": "203.0.113.9"}}]';
comment on column freehold.audit_entries.sealed is
  'personal data afterwards, encrypted: [{"person": <key_id>, "fields": […], "digest": …, "sealed": …}]';
comment on column freehold.audit_entries.number is 'its number in the chain of its tenant, from 1; null until it is chained';
comment on column freehold.audit_entries.hash is 'SHA-256 over the hash of the entry before it and the content of this one';

-- An operator acts without an id at the command line, and with one through the API.
alter table freehold.audit_entries drop constraint audit_entries_actor_kind_check;
alter table freehold.audit_entries add constraint audit_entries_actor_kind_check
  check (actor_kind in ('user', 'key', 'service', 'operator', 'system')) not valid;
alter table freehold.audit_entries validate constraint audit_entries_actor_kind_check;
alter table freehold.audit_entries drop constraint audit_entries_check;
alter table freehold.audit_entries add constraint audit_entries_actor_id_check
  check (actor_kind = 'operator' or (actor_kind = 'system') = (actor_id is null)) not valid;
alter table freehold.audit_entries validate constraint audit_entries_actor_id_check;

-- The address of an invited user stood in the detail.
update freehold.audit_entries
set personal = jsonb_build_array(jsonb_build_object(
      'person', 'email:' || (detail ->> 'email'), 'values', jsonb_build_object('detail.email', detail ->> 'email'))),
    detail = detail - 'email'
where action like 'invitation.%' and detail ? 'email';

-- Where the work of the transaction comes from: {"user", "address", "agent"} of a request, {"operator": true} of a command. Null
-- when nothing is known.
create function freehold.audit_origin() returns jsonb
language sql stable
as $$
  select convert_from(decode(nullif(current_setting('freehold.origin', true), ''), 'hex'), 'utf8')::jsonb
$$;

-- Writes an entry. change: {"detail": {…}, "before": {…}, "after": {…}, "personal": […]}, all of them optional. The client of the
-- request is personal data of the user who acts, or who is responsible for the key that acts.
create function freehold.audit_record(
  of_tenant uuid, of_entry uuid, of_actor_kind text, of_actor uuid, of_action text, of_subject text, of_change jsonb,
  at timestamptz
) returns void
language plpgsql as $$
declare
  origin constant jsonb := freehold.audit_origin();
  kind constant text :=
    case when of_actor_kind = 'system' and origin ? 'operator' then 'operator' else of_actor_kind end;
  client constant jsonb := jsonb_strip_nulls(jsonb_build_object(
    'client.address', origin -> 'address', 'client.agent', origin -> 'agent'));
  personal jsonb := coalesce(of_change -> 'personal', '[]');
begin
  if kind not in ('system', 'operator') and client <> '{}' then
    personal := personal || jsonb_build_array(jsonb_build_object(
      'person',
      case when origin ? 'user' then 'user:' || (origin ->> 'user') else kind || ':' || of_actor end,
      'values', client));
  end if;
  insert into freehold.audit_entries
    (tenant_id, entry_id, at, actor_kind, actor_id, action, subject, detail, before, after, personal)
  values (of_tenant, of_entry, at, kind, of_actor, of_action, of_subject, coalesce(of_change -> 'detail', '{}'),
          of_change -> 'before', of_change -> 'after', personal);
end $$;

create or replace function freehold.audit_append(
  of_tenant uuid, of_entry uuid, of_actor_kind text, of_actor uuid, of_action text, of_subject text, of_detail jsonb,
  at timestamptz
) returns void
language sql as $$
  select freehold.audit_record(
    of_tenant, of_entry, of_actor_kind, of_actor, of_action, of_subject, jsonb_build_object('detail', of_detail), at)
$$;

revoke execute on function freehold.audit_origin() from public;
revoke execute on function
  freehold.audit_record(uuid, uuid, text, uuid, text, text, jsonb, timestamptz) from public;
grant execute on function freehold.audit_origin() to freehold_app, freehold_system;
grant execute on function freehold.audit_record(uuid, uuid, text, uuid, text, text, jsonb, timestamptz)
  to freehold_app, freehold_system;
