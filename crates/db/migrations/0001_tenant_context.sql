-- The tenant of the running transaction. Null when nothing is set, and nothing equals null: fails closed.
create function freehold.tenant_id() returns uuid
language sql stable parallel safe
as $$ select nullif(current_setting('freehold.tenant_id', true), '')::uuid $$;

comment on function freehold.tenant_id() is
  'the tenant of the running transaction; in conditions write (select freehold.tenant_id()), so that it is asked once a statement and not once a row';
