-- Second factors, their challenges, recovery codes, and passkeys, in Supabase's shape where it has one. On a Supabase
-- database they exist, and are not ours.
do $$
begin
  if pg_get_userbyid((select relowner from pg_class where oid = 'auth.users'::regclass)) <> 'freehold_owner' then
    return;
  end if;

  create type auth.factor_type as enum ('totp', 'webauthn', 'phone', 'recovery_code');
  create type auth.factor_status as enum ('unverified', 'verified');

  create table auth.mfa_factors (
    id uuid primary key,
    user_id uuid not null references auth.users (id) on delete cascade,
    friendly_name text,
    factor_type auth.factor_type not null,
    status auth.factor_status not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    secret text,
    phone text,
    last_challenged_at timestamptz,
    web_authn_credential jsonb,
    web_authn_aaguid uuid,
    last_webauthn_challenge_data jsonb,
    -- ours: against replay, and against guessing
    last_step bigint,
    failed_attempts integer not null default 0,
    locked_until timestamptz
  );
  create index factor_id_created_at_idx on auth.mfa_factors (user_id, created_at);
  create unique index mfa_factors_user_friendly_name_unique on auth.mfa_factors (friendly_name, user_id)
    where trim(both from friendly_name) <> '';
  create unique index unique_phone_factor_per_user on auth.mfa_factors (user_id, phone);
  create unique index mfa_factors_recovery_code_key on auth.mfa_factors (user_id) where factor_type = 'recovery_code';
  comment on column auth.mfa_factors.secret is
    'of an authenticator app: sealed: and base64, or, when it was brought here, the base32 text itself';
  comment on column auth.mfa_factors.last_step is
    'the period of 30 seconds whose code was taken last; it and older ones are used up';
  comment on column auth.mfa_factors.failed_attempts is 'wrong codes since the last right one';
  comment on column auth.mfa_factors.locked_until is 'no code is looked at before then';

  create table auth.mfa_challenges (
    id uuid primary key,
    factor_id uuid not null references auth.mfa_factors (id) on delete cascade,
    created_at timestamptz not null,
    verified_at timestamptz,
    ip_address inet not null,
    otp_code text,
    web_authn_session_data jsonb
  );
  create index mfa_challenge_created_at_idx on auth.mfa_challenges (created_at desc);
  create index mfa_challenges_factor_id_idx on auth.mfa_challenges (factor_id);

  create table freehold.recovery_codes (
    id uuid primary key,
    factor_id uuid not null references auth.mfa_factors (id) on delete cascade,
    digest bytea not null check (length(digest) = 32),
    created_at timestamptz not null,
    used_at timestamptz
  );
  create index recovery_codes_factor_id_idx on freehold.recovery_codes (factor_id);
  comment on column freehold.recovery_codes.digest is 'HMAC-SHA-256 of the code under the vault''s pepper';

  create table auth.webauthn_credentials (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users (id) on delete cascade,
    credential_id bytea not null,
    public_key bytea not null,
    attestation_type text not null default '',
    aaguid uuid,
    sign_count bigint not null default 0,
    transports jsonb not null default '[]',
    backup_eligible boolean not null default false,
    backed_up boolean not null default false,
    friendly_name text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    last_used_at timestamptz
  );
  create unique index webauthn_credentials_credential_id_key on auth.webauthn_credentials (credential_id);
  create index webauthn_credentials_user_id_idx on auth.webauthn_credentials (user_id);
  comment on column auth.webauthn_credentials.public_key is 'a COSE key (RFC 9052)';

  create table auth.webauthn_challenges (
    id uuid primary key default gen_random_uuid(),
    user_id uuid references auth.users (id) on delete cascade,
    challenge_type text not null check (challenge_type in ('signup', 'registration', 'authentication')),
    session_data jsonb not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
  );
  create index webauthn_challenges_user_id_idx on auth.webauthn_challenges (user_id);
  create index webauthn_challenges_expires_at_idx on auth.webauthn_challenges (expires_at);

  grant select, insert, update, delete on
    auth.mfa_factors, auth.mfa_challenges, auth.webauthn_credentials, auth.webauthn_challenges
    to freehold_system, service_role;
  grant select, insert, update, delete on freehold.recovery_codes to freehold_system;
end $$;
