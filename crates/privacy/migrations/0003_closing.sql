-- An organization whose deletion was requested is closed for writes. What billing decided is kept beside its standing, so that the
-- standing can be computed whenever one of the two changes, or an operator suspends the organization. Not validated at first: checking
-- a full table would lock it.
alter table freehold.tenants
  add column settled text not null default 'good' check (settled in ('good', 'suspended', 'archived')),
  add column closing_at timestamptz;
update freehold.tenants set settled = standing where standing <> 'good';
comment on column freehold.tenants.settled is 'the standing that billing decided';
comment on column freehold.tenants.closing_at is 'when the deletion of the organization was requested; null: it was not';
alter table freehold.tenants drop constraint tenants_standing_check;
alter table freehold.tenants add constraint tenants_standing_check
  check (standing in ('good', 'suspended', 'archived', 'closing')) not valid;
alter table freehold.tenants validate constraint tenants_standing_check;
alter table freehold.tenants add constraint tenants_closing_check
  check ((standing = 'closing') = (closing_at is not null)) not valid;
alter table freehold.tenants validate constraint tenants_closing_check;
comment on column freehold.tenants.standing is
  'suspended: requests run as freehold_readonly; archived: they are refused, except to pay and to leave; closing: it is being deleted';

-- The standing of an organization, of what billing decided, the request to delete it, and its suspension by an operator.
create function freehold.tenant_standing(settled text, closing_at timestamptz, suspended_at timestamptz) returns text
language sql immutable as $$
  select case
    when closing_at is not null then 'closing'
    when suspended_at is not null and settled = 'good' then 'suspended'
    else settled
  end
$$;
revoke execute on function freehold.tenant_standing(text, timestamptz, timestamptz) from public;
grant execute on function freehold.tenant_standing(text, timestamptz, timestamptz) to freehold_system;
