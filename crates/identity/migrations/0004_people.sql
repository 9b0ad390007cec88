-- How people are read. The name of the column that keeps people of different tenants apart is Supabase's: instance_id.
create view freehold.people with (security_invoker = true) as
select
  id,
  coalesce(instance_id, '00000000-0000-0000-0000-000000000000'::uuid) as realm,
  coalesce(aud, 'authenticated')::text as aud,
  coalesce(role, 'authenticated')::text as role,
  coalesce(email, '')::text as email,
  coalesce(phone, '') as phone,
  nullif(encrypted_password, '')::text as encrypted_password,
  email_confirmed_at,
  phone_confirmed_at,
  invited_at,
  confirmation_sent_at,
  recovery_sent_at,
  coalesce(email_change, '')::text as new_email,
  email_change_sent_at,
  reauthentication_sent_at,
  last_sign_in_at,
  coalesce(raw_app_meta_data, '{}') as app_metadata,
  coalesce(raw_user_meta_data, '{}') as user_metadata,
  created_at,
  updated_at,
  banned_until,
  deleted_at,
  is_anonymous,
  is_sso_user
from auth.users;
comment on column freehold.people.realm is 'the tenant within which the address is unique; all zeros: everywhere';
grant select on freehold.people to freehold_system;

-- On a Supabase database the rest exists, or is not ours to change.
do $$
begin
  if pg_get_userbyid((select relowner from pg_class where oid = 'auth.users'::regclass)) <> 'freehold_owner' then
    return;
  end if;

  -- One person for each address, or one for each address and tenant.
  drop index auth.users_email_partial_key;
  create unique index users_email_partial_key
    on auth.users (email, coalesce(instance_id, '00000000-0000-0000-0000-000000000000'::uuid))
    where is_sso_user = false;

  create type auth.code_challenge_method as enum ('s256', 'plain');

  -- A sign-in that is under way: a browser comes back with a code (RFC 7636), or from a provider.
  create table auth.flow_state (
    id uuid primary key,
    user_id uuid references auth.users (id) on delete cascade,
    auth_code text,
    code_challenge_method auth.code_challenge_method,
    code_challenge text,
    provider_type text not null,
    provider_access_token text,
    provider_refresh_token text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    authentication_method text not null,
    auth_code_issued_at timestamptz,
    invite_token text,
    referrer text,
    oauth_client_state_id uuid,
    linking_target_id uuid,
    email_optional boolean not null default false,
    -- ours: what the provider has to answer to, sealed
    realm uuid not null default '00000000-0000-0000-0000-000000000000',
    sealed bytea
  );
  create index idx_auth_code on auth.flow_state (auth_code);
  create index flow_state_created_at_idx on auth.flow_state (created_at desc);
  create index flow_state_user_id_idx on auth.flow_state (user_id);
  comment on column auth.flow_state.auth_code is 'SHA-256 of the code in hexadecimal digits; single use';
  comment on column auth.flow_state.provider_access_token is 'sealed, in base64; gone with the row after minutes';

  -- What happened to people, in Supabase's words. What happens in organizations stands in freehold.audit_entries.
  create table auth.audit_log_entries (
    instance_id uuid,
    id uuid primary key,
    payload json,
    created_at timestamptz,
    ip_address varchar(64) not null default ''
  );
  create index audit_logs_instance_id_idx on auth.audit_log_entries (instance_id);
  create index audit_log_entries_created_at_idx on auth.audit_log_entries (created_at desc, id desc);

  grant select, insert, update, delete on auth.flow_state to freehold_system, service_role;
  grant select, insert, delete on auth.audit_log_entries to freehold_system, service_role;
end $$;
