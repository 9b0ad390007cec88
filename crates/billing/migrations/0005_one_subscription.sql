-- Checkouts of a tenant are numbered. Requests for the same page that come at the same time share a number, and with it
-- the Idempotency-Key at Stripe; of two different ones the later wins.
alter table freehold.billing_accounts
  add column checkout_begun bigint not null default 0,
  add column checkout_wanted text,
  add column checkout_since timestamptz;
comment on column freehold.billing_accounts.checkout_begun is 'number of the newest checkout; pages of smaller numbers are closed';
comment on column freehold.billing_accounts.checkout_wanted is 'digest of the page that is being made; null: none is';
comment on column freehold.billing_accounts.checkout_since is 'when the making of that page began';

alter table freehold.subscriptions add column custom boolean not null default false;
comment on column freehold.subscriptions.custom is 'its price was agreed with this customer, and is not one of the catalog';

-- Subscriptions that ran beside the one that a tenant keeps. They are cancelled at Stripe, and what was paid for them goes
-- back. A row is written before anything is done about it, so that a process which dies in between is continued.
create table freehold.extra_subscriptions (
  tenant_id uuid not null references freehold.billing_accounts (tenant_id) on delete cascade,
  subscription_id text not null,
  kept_id text not null,
  kept_since timestamptz not null,
  state text not null check (state in ('found', 'cancelled', 'refunded', 'spared')),
  refunded bigint not null default 0,
  note text,
  found_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, subscription_id)
);
create index extra_subscriptions_open on freehold.extra_subscriptions (tenant_id) where state in ('found', 'cancelled');
create index extra_subscriptions_found on freehold.extra_subscriptions (found_at);
comment on column freehold.extra_subscriptions.kept_id is 'the subscription that the tenant keeps';
comment on column freehold.extra_subscriptions.kept_since is 'from when on that one was paid for, too';
comment on column freehold.extra_subscriptions.state is
  'found: to be cancelled; cancelled: to be refunded; refunded: done; spared: the one to keep had ended, so it goes on';
comment on column freehold.extra_subscriptions.refunded is 'what went back, in the smallest unit of the currency';
comment on column freehold.extra_subscriptions.note is 'what an operator has to look at; null: nothing';
select freehold.protect('freehold.extra_subscriptions', clients => false, system => 'write');
revoke insert, update, delete on freehold.extra_subscriptions from freehold_app;
