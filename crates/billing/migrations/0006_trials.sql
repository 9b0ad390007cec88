-- Who had a trial: people and cards, by keyed digests. Rows outlive the people and organizations they tell of, because a
-- person who deletes an account and creates it anew has had a trial all the same.
create table freehold.trials (
  digest bytea primary key,
  kind text not null check (kind in ('person', 'address', 'card')),
  begun_for uuid not null,
  begun_at timestamptz not null
);
comment on column freehold.trials.digest is 'HMAC, under the master key, of the id of a person, of an address without its tags, or of Stripe''s fingerprint of a card';
comment on column freehold.trials.begun_for is 'the tenant whose trial it was; it may be gone';
create index trials_begun_for on freehold.trials (begun_for);
grant select, insert on freehold.trials to freehold_system;
