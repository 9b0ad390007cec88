-- The keys that sign access tokens. Sealed with the master key: reading this table is not enough to sign.
create table freehold.signing_keys (
  id uuid primary key,
  kid text not null,
  algorithm text not null,
  sealed bytea not null,
  state text not null check (state in ('standby', 'current', 'previous', 'revoked')),
  created_at timestamptz not null,
  constraint signing_keys_kid_key unique (kid)
);
-- One key signs at a time, also when two servers start at once.
create unique index signing_keys_one_current on freehold.signing_keys (state) where state = 'current';
grant select, insert, update on freehold.signing_keys to freehold_system;
