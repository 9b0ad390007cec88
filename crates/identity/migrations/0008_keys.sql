-- Since when a signing key is what it is: it is published for a while before it signs, and after.
alter table freehold.signing_keys add column changed_at timestamptz;
update freehold.signing_keys set changed_at = created_at;
alter table freehold.signing_keys alter column changed_at set not null;
comment on column freehold.signing_keys.kid is 'the name in token headers; legacy: the secret of older projects, which none names';
grant delete on freehold.signing_keys to freehold_system;

-- What applications and services show instead of a person's token: four keys that are made and ended together. Sealed,
-- so that an operator can be shown them again.
create table freehold.service_keys (
  id uuid primary key,
  state text not null check (state in ('current', 'previous', 'revoked')),
  kid text not null,
  sealed bytea not null,
  created_at timestamptz not null,
  changed_at timestamptz not null
);
comment on column freehold.service_keys.kid is 'the signing key of those two that are tokens; they end with it';
create unique index service_keys_one_current on freehold.service_keys (state) where state = 'current';
grant select, insert, update on freehold.service_keys to freehold_system;

-- People of a Supabase project that were seen here, and when the newest token was issued that told of them.
create table freehold.project_people (
  user_id uuid primary key,
  seen_at timestamptz not null,
  token_at timestamptz not null
);
grant select, insert, update, delete on freehold.project_people to freehold_system;
