-- Somebody, with what he signs in with: whoever signs in is found with all that the answer shows of him. On a Supabase
-- database nobody signs in here.
do $$
begin
  if pg_get_userbyid((select relowner from pg_class where oid = 'auth.users'::regclass)) <> 'freehold_owner' then
    return;
  end if;

  create view freehold.people_with_ways with (security_invoker = true) as
  select
    p.*,
    (
      select coalesce(json_agg(i order by i.created_at, i.id), '[]')
      from (
        select id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at
        from auth.identities where user_id = p.id
      ) as i
    ) as identities,
    (
      select coalesce(json_agg(f order by f.created_at, f.id), '[]')
      from (
        select id, factor_type::text as kind, status = 'verified' as verified, coalesce(friendly_name, '') as friendly_name,
          coalesce(phone, '') as phone, created_at, updated_at, last_challenged_at
        from auth.mfa_factors where user_id = p.id
      ) as f
    ) as factors
  from freehold.people as p;
  grant select on freehold.people_with_ways to freehold_system;
end $$;

-- Notes that somebody signed in, and fails when he is no longer as he was found: what leaves in one round trip with this is not
-- done then.
create function freehold.person_signed_in(of_person uuid, found_at timestamptz, found_password text, at timestamptz)
returns void
language plpgsql
as $$
begin
  update auth.users set last_sign_in_at = at, updated_at = at
  where id = of_person and updated_at = found_at and encrypted_password = found_password;
  if not found then
    raise exception 'the person was changed meanwhile' using errcode = 'check_violation', constraint = 'person_unchanged';
  end if;
end $$;
grant execute on function freehold.person_signed_in(uuid, timestamptz, text, timestamptz) to freehold_system;
