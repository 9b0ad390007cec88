-- How many invitations are mailed in a day: for one user, for one organization, and for the whole server. They grow back evenly over
-- the day. The rows that are counted stay locked until the invitation is made or not, so two at once are never counted as one.
--
-- The answer: null when there was one; else when there will be one.
create function freehold.invitation_take(of_scope text, of_user uuid, per_day integer, at timestamptz) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
  step bigint := 86400000000 / per_day;
  subject uuid := case of_scope
    when 'user' then of_user
    when 'organization' then freehold.tenant_id()
    when 'server' then '00000000-0000-0000-0000-000000000000'::uuid
    when 'server_of_trusted' then '00000000-0000-0000-0000-000000000000'::uuid
  end;
begin
  if subject is null then
    raise exception 'invitations are not counted by %', of_scope;
  end if;
  return freehold.bucket_take('invitations_of_' || of_scope, uuid_send(subject), step, step * per_day, at);
end $$;
revoke execute on function freehold.invitation_take(text, uuid, integer, timestamptz) from public;
grant execute on function freehold.invitation_take(text, uuid, integer, timestamptz) to freehold_app;
