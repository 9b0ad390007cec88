-- The origin of an operator's request says which operator it is: {"operator": "<id>"}. A command says {"operator": true}. So every entry
-- that Freehold writes because of such a request names the operator.
create or replace function freehold.audit_record(
  of_tenant uuid, of_entry uuid, of_actor_kind text, of_actor uuid, of_action text, of_subject text, of_change jsonb,
  at timestamptz
) returns void
language plpgsql as $$
declare
  origin constant jsonb := freehold.audit_origin();
  kind constant text :=
    case when of_actor_kind = 'system' and origin ? 'operator' then 'operator' else of_actor_kind end;
  actor constant uuid :=
    case when kind = 'operator' then coalesce(of_actor, nullif(origin ->> 'operator', 'true')::uuid) else of_actor end;
  client constant jsonb := jsonb_strip_nulls(jsonb_build_object(
    'client.address', origin -> 'address', 'client.agent', origin -> 'agent'));
  personal jsonb := coalesce(of_change -> 'personal', '[]');
begin
  if kind not in ('system', 'operator') and client <> '{}' then
    personal := personal || jsonb_build_array(jsonb_build_object(
      'person',
      case when origin ? 'user' then 'user:' || (origin ->> 'user') else kind || ':' || actor end,
      'values', client));
  end if;
  insert into freehold.audit_entries
    (tenant_id, entry_id, at, actor_kind, actor_id, action, subject, detail, before, after, personal)
  values (of_tenant, of_entry, at, kind, actor, of_action, of_subject, coalesce(of_change -> 'detail', '{}'),
          of_change -> 'before', of_change -> 'after', personal);
end $$;
