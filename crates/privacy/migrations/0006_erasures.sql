-- What remains of an erased organization or user: an id that leads nowhere, and when it was erased.
create table freehold.erasures (
  id uuid primary key,
  kind text not null check (kind in ('organization', 'user')),
  customer_id text,
  begun_at timestamptz not null,
  removed_at timestamptz,
  erased_at timestamptz,
  check (erased_at is null or removed_at is not null)
);
comment on column freehold.erasures.id is 'the organization or the user';
comment on column freehold.erasures.customer_id is 'the deleted customer at Stripe, under which Stripe keeps the invoices; null: there was none';
comment on column freehold.erasures.removed_at is 'when the organization or user itself was deleted; null: not yet';
comment on column freehold.erasures.erased_at is 'when nothing of it was found any more; null: not yet';
create index erasures_open on freehold.erasures (begun_at) where erased_at is null;
create index erasures_customer_id on freehold.erasures (customer_id) where customer_id is not null;
grant select, insert, update on freehold.erasures to freehold_system;

-- Events of a customer that is erased may still arrive. They are recorded without their content, and nothing follows from them.
create function freehold.stripe_event_blank() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if exists (select from freehold.erasures as e where e.customer_id = new.customer_id) then
    new.payload := '{}';
    if new.state = 'waiting' then
      new.state := 'ignored';
      new.note := 'The organization of the customer was deleted.';
      new.processed_at := new.received_at;
    end if;
  end if;
  return new;
end $$;
create trigger stripe_event_blank
before insert or update of payload on freehold.stripe_events
for each row when (new.customer_id is not null) execute function freehold.stripe_event_blank();
