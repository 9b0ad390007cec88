-- What a tenant pays and where it stands because of it. Nobody but Freehold writes here: what people ask for goes to
-- Stripe, and comes back from there.
create table freehold.billing_accounts (
  tenant_id uuid primary key references freehold.tenants (tenant_id) on delete cascade,
  customer_id text,
  state text not null
    check (state in ('free', 'trialing', 'active', 'past_due', 'suspended', 'cancelled', 'archived')),
  state_since timestamptz not null,
  trial_ends_at timestamptz,
  granted_plan text,
  granted_version integer,
  due_at timestamptz,
  refresh_begun bigint not null default 0,
  refresh_done bigint not null default 0,
  refreshed_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint billing_accounts_customer_id_key unique (customer_id),
  check ((granted_plan is null) = (granted_version is null))
);
create index billing_accounts_due on freehold.billing_accounts (due_at) where due_at is not null;
comment on column freehold.billing_accounts.customer_id is 'the customer at Stripe; null: there is none yet';
comment on column freehold.billing_accounts.trial_ends_at is 'of the trial without a card; null: there was none';
comment on column freehold.billing_accounts.granted_plan is 'given by an operator, whatever Stripe says';
comment on column freehold.billing_accounts.due_at is 'when time alone changes something; null: never';
comment on column freehold.billing_accounts.refresh_begun is 'counts the times that Stripe was asked; what was asked first may be answered last';
comment on column freehold.billing_accounts.refresh_done is 'the last of them that was written down';
select freehold.protect('freehold.billing_accounts', system => 'write');
revoke insert, update, delete on freehold.billing_accounts from freehold_app;

-- The subscriptions of a tenant's customer, as Stripe had them when it was last asked.
create table freehold.subscriptions (
  tenant_id uuid not null references freehold.billing_accounts (tenant_id) on delete cascade,
  subscription_id text not null,
  status text not null,
  plan text not null,
  plan_version integer not null,
  interval text not null check (interval in ('month', 'year')),
  per_member boolean not null,
  seats bigint not null,
  item_id text not null,
  price_id text not null,
  items jsonb not null,
  period_start timestamptz,
  period_end timestamptz,
  cancel_at_period_end boolean not null,
  cancel_at timestamptz,
  canceled_at timestamptz,
  ended_at timestamptz,
  trial_end timestamptz,
  unpaid_since timestamptz,
  pay_url text,
  created_at timestamptz not null,
  primary key (tenant_id, subscription_id),
  constraint subscriptions_subscription_id_key unique (subscription_id)
);
comment on column freehold.subscriptions.items is 'all of its items; plan, seats and price are those of the one that is ours';
comment on column freehold.subscriptions.unpaid_since is 'when the oldest invoice that is open was finalized; null: none is';
comment on column freehold.subscriptions.pay_url is 'where the newest of them can be paid';
select freehold.protect('freehold.subscriptions', system => 'write');
revoke insert, update, delete on freehold.subscriptions from freehold_app;

-- The inbox: every event that Stripe signed, as it came. What it says is not believed; it makes us ask.
create table freehold.stripe_events (
  event_id text primary key,
  number bigint not null generated always as identity unique,
  type text not null,
  created_at timestamptz not null,
  received_at timestamptz not null,
  times integer not null default 1,
  livemode boolean not null,
  api_version text,
  object_id text,
  customer_id text,
  payload json not null,
  state text not null check (state in ('waiting', 'done', 'ignored', 'failed')),
  note text,
  processed_at timestamptz
);
create index stripe_events_open on freehold.stripe_events (customer_id, number) where state in ('waiting', 'failed');
create index stripe_events_state on freehold.stripe_events (state, number desc);
create index stripe_events_received on freehold.stripe_events (received_at);
comment on column freehold.stripe_events.times is 'how often it came';
comment on column freehold.stripe_events.number is 'in the order in which they came';
grant select, insert, update, delete on freehold.stripe_events to freehold_system;
