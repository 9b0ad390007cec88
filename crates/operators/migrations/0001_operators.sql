-- Operators of the server: accounts apart from users, which no request of a tenant can read.
create table freehold.operators (
  operator_id uuid primary key,
  email text not null check (length(email) between 3 and 254),
  role text not null check (role in ('admin', 'support')),
  password_hash text,
  totp_secret text,
  totp_step bigint,
  set_up_digest bytea check (length(set_up_digest) = 32),
  set_up_expires_at timestamptz,
  created_at timestamptz not null,
  disabled_at timestamptz,
  constraint operators_email_key unique (email),
  check ((set_up_digest is null) = (set_up_expires_at is null)),
  check (set_up_digest is not null or (password_hash is not null and totp_secret is not null))
);
create unique index operators_set_up_digest on freehold.operators (set_up_digest) where set_up_digest is not null;
comment on column freehold.operators.email is 'lower case';
comment on column freehold.operators.totp_secret is 'the key of the authenticator app, encrypted';
comment on column freehold.operators.totp_step is 'the period of 30 seconds whose code was accepted last; it and older ones are used up';
comment on column freehold.operators.set_up_digest is
  'keyed digest of the one-time token with which the operator sets a password and enrolls an app; null once both are done';
grant select, insert, update on freehold.operators to freehold_system;

create table freehold.operator_sessions (
  session_id uuid primary key,
  operator_id uuid not null references freehold.operators (operator_id),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  place bytea,
  address text,
  agent text
);
create index operator_sessions_operator_id on freehold.operator_sessions (operator_id, created_at);
create index operator_sessions_created_at on freehold.operator_sessions (created_at);
comment on column freehold.operator_sessions.place is 'keyed digest of the operator''s address and the network; null: unknown';
comment on column freehold.operator_sessions.ended_at is 'when the operator signed out or was disabled; null: neither';
grant select, insert, update, delete on freehold.operator_sessions to freehold_system;

-- What operators did, for the operators. What they did to an organization is in its own audit as well. No role may change or delete an entry.
create table freehold.operator_entries (
  entry_id uuid primary key,
  at timestamptz not null,
  operator_id uuid,
  action text not null check (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
  subject text,
  detail jsonb not null default '{}',
  address text,
  agent text
);
create index operator_entries_operator_id on freehold.operator_entries (operator_id, entry_id);
comment on column freehold.operator_entries.operator_id is 'null: the server''s command line';
comment on column freehold.operator_entries.subject is 'the id or name of what was changed';
grant select, insert on freehold.operator_entries to freehold_system;
