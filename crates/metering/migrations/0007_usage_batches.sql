-- Which service key recorded usage, for the application's own records; null for what code of a product recorded. The
-- default is evaluated once for older rows, outside of any request, so it is null there and the table is not rewritten.
alter table freehold.usage_events add column service_key_id uuid
  default (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'service_key_id')::uuid;
comment on column freehold.usage_events.service_key_id is 'the service key of the application that recorded it; null: code of a product did';

-- Records a list of usage of one meter, in its order, each once per event. outcome: as usage_record, or 'below_zero'
-- where a level would become negative, or 'too_large' where the total would no longer be a number. Both change nothing.
create function freehold.usage_record_batch(
  events uuid[], amounts bigint[], of_meter text, of_period timestamptz, at_most bigint, at timestamptz
) returns table (event_id uuid, outcome text, used bigint)
language plpgsql as $$
declare
  total freehold.usage_totals;
  amount bigint;
begin
  for place in 1 .. cardinality(events) loop
    event_id := events[place];
    amount := amounts[place];
    total := freehold.usage_lock(of_meter, of_period);
    used := total.used + total.reserved;
    if not freehold.usage_known(event_id, of_meter) and total.used + amount < 0 then
      outcome := 'below_zero';
    elsif used::numeric + amount > 9e17 then
      outcome := 'too_large';
    else
      select r.outcome, r.used into outcome, used
      from freehold.usage_record(event_id, of_meter, of_period, amount, at_most, at) as r;
    end if;
    return next;
  end loop;
end $$;
