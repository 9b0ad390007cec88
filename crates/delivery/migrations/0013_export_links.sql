-- The link to an archive is a secret, too: whoever has it can download the archive.
create or replace function freehold.mail_delete_secrets() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.data := new.data - 'sealed';
  if new.template in (
    'confirm_signup', 'magic_link', 'recovery', 'invite', 'email_change', 'email_change_current', 'reauthentication',
    'organization_invitation', 'export_ready'
  ) then
    new.data := new.data - array['code', 'link'];
  end if;
  return new;
end $$;
