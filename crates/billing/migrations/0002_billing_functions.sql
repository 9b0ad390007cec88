-- Takes an event into the inbox, with the job that deals with it. outcome: 'new', 'known' (it came before) or 'ignored'
-- (it is about no customer, so there is nothing to do).
create function freehold.stripe_event_receive(
  of_event text, of_type text, of_created timestamptz, live boolean, of_version text, of_object text, of_customer text,
  of_payload json, of_job uuid, of_kind text, of_attempts smallint, at timestamptz
) returns text
language plpgsql as $$
begin
  insert into freehold.stripe_events as e (
    event_id, type, created_at, received_at, livemode, api_version, object_id, customer_id, payload, state, note, processed_at
  ) values (
    of_event, of_type, of_created, at, live, of_version, of_object, of_customer, of_payload,
    case when of_customer is null then 'ignored' else 'waiting' end,
    case when of_customer is null then 'It is about no customer.' end,
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

-- The job that deals with an event: the tenant's whose customer it is about, or nobody's where we know none.
create function freehold.stripe_event_enqueue(
  of_event text, of_customer text, of_job uuid, of_kind text, of_attempts smallint, at timestamptz
) returns void
language plpgsql as $$
declare
  owner uuid := (select tenant_id from freehold.billing_accounts where customer_id = of_customer);
begin
  perform freehold.jobs_enqueue(
    coalesce(owner, '00000000-0000-0000-0000-000000000000'),
    json_build_array(json_build_object(
      'id', of_job, 'kind', of_kind, 'payload', json_build_object('event', of_event), 'run_at', at, 'key', null,
      'urgency', 0, 'attempts', of_attempts
    )),
    1::smallint, null, at
  );
end $$;
revoke execute on function freehold.stripe_event_enqueue(text, text, uuid, text, smallint, timestamptz) from public;
grant execute on function freehold.stripe_event_enqueue(text, text, uuid, text, smallint, timestamptz) to freehold_system;
revoke execute on function freehold.stripe_event_receive(
  text, text, timestamptz, boolean, text, text, text, json, uuid, text, smallint, timestamptz
) from public;
grant execute on function freehold.stripe_event_receive(
  text, text, timestamptz, boolean, text, text, text, json, uuid, text, smallint, timestamptz
) to freehold_system;

-- Who belongs to a tenant is what a price for each member is multiplied with. Whatever way somebody comes or goes, a job
-- sees to the number at Stripe; where no such price is paid, there is nothing to see to.
create function freehold.members_move_seats() returns trigger
language plpgsql as $$
declare
  of_tenant uuid := coalesce(new.tenant_id, old.tenant_id);
begin
  if exists (
    select from freehold.subscriptions
    where tenant_id = of_tenant and per_member and status in ('trialing', 'active', 'past_due')
  ) then
    perform freehold.jobs_enqueue(
      of_tenant,
      json_build_array(json_build_object(
        'id', freehold.uuid_v7(clock_timestamp()), 'kind', 'billing.seats', 'payload', '{}'::json, 'run_at', 'epoch'::timestamptz,
        'key', null, 'urgency', 0, 'attempts', 15
      )),
      1::smallint, null, clock_timestamp()
    );
  end if;
  return null;
end $$;
create trigger members_move_seats
after insert or delete on freehold.members
for each row execute function freehold.members_move_seats();
