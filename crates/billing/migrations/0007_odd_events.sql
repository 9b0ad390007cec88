-- As before; and an event that is about no customer comes with its state and the reason, because Stripe signs things that this
-- server cannot use, and an operator has to learn of them.
create function freehold.stripe_event_receive(
  of_event text, of_type text, of_created timestamptz, live boolean, of_version text, of_object text, of_customer text,
  of_payload json, of_job uuid, of_kind text, of_attempts smallint, at timestamptz, of_state text, of_note text
) returns text
language plpgsql as $$
begin
  insert into freehold.stripe_events as e (
    event_id, type, created_at, received_at, livemode, api_version, object_id, customer_id, payload, state, note, processed_at
  ) values (
    of_event, of_type, of_created, at, live, of_version, of_object, of_customer, of_payload,
    case when of_customer is null then of_state else 'waiting' end,
    case when of_customer is null then of_note end,
    case when of_customer is null then at end
  ) on conflict (event_id) do nothing;
  if not found then
    update freehold.stripe_events set times = times + 1 where event_id = of_event;
    return 'known';
  end if;
  if of_customer is null then
    return 'ignored';
  end if;
  perform freehold.stripe_event_enqueue(of_event, of_customer, of_job, of_kind, of_attempts, at);
  return 'new';
end $$;
revoke execute on function freehold.stripe_event_receive(
  text, text, timestamptz, boolean, text, text, text, json, uuid, text, smallint, timestamptz, text, text
) from public;
grant execute on function freehold.stripe_event_receive(
  text, text, timestamptz, boolean, text, text, text, json, uuid, text, smallint, timestamptz, text, text
) to freehold_system;
