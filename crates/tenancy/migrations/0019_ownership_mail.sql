-- Requests the mail about a transfer of ownership, to a member of the tenant who has an address. Nothing without one.
create function freehold.ownership_mail(of_user uuid, of_mail uuid, of_data jsonb, at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  recipient text;
  tenant uuid := freehold.tenant_id();
begin
  select u.email into recipient from freehold.members as m join auth.users as u on u.id = m.user_id
  where m.tenant_id = tenant and m.user_id = of_user and u.email <> '';
  if recipient is not null then
    perform freehold.mail_enqueue(of_mail, 'ownership/' || of_mail, 'ownership_transferred', recipient, of_data, at, tenant);
  end if;
end $$;
revoke execute on function freehold.ownership_mail(uuid, uuid, jsonb, timestamptz) from public;
grant execute on function freehold.ownership_mail(uuid, uuid, jsonb, timestamptz) to freehold_app;
