-- The mails about money that were asked for. Mails are forgotten after a while; what was said once is not said again.
create table freehold.billing_notices (
  tenant_id uuid not null references freehold.tenants (tenant_id) on delete cascade,
  cause text not null,
  at timestamptz not null,
  primary key (tenant_id, cause)
);
comment on column freehold.billing_notices.cause is 'which mail, and its occasion: payment_failed/1785402000';
select freehold.protect('freehold.billing_notices', clients => false, system => 'write');
revoke insert, update, delete on freehold.billing_notices from freehold_app;

-- Asks for a mail to the owners and administrators of a tenant, once for each cause. Whether this was the first time.
create function freehold.billing_notify(of_tenant uuid, of_cause text, of_template text, of_data jsonb, at timestamptz)
returns boolean
language plpgsql as $$
begin
  insert into freehold.billing_notices (tenant_id, cause, at) values (of_tenant, of_cause, at) on conflict do nothing;
  if not found then
    return false;
  end if;
  perform freehold.mail_enqueue(
    freehold.uuid_v7(at), format('billing/%s/%s/%s', of_tenant, of_cause, u.id), of_template, u.email,
    of_data || jsonb_build_object('organization', t.name), at, of_tenant
  )
  from freehold.members as m
  join auth.users as u on u.id = m.user_id
  join freehold.tenants as t on t.tenant_id = m.tenant_id
  where m.tenant_id = of_tenant and m.role in ('owner', 'admin') and u.email is not null;
  return true;
end $$;
revoke execute on function freehold.billing_notify(uuid, text, text, jsonb, timestamptz) from public;
grant execute on function freehold.billing_notify(uuid, text, text, jsonb, timestamptz) to freehold_system;
