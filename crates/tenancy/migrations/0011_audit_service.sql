-- The operator's application acts with a service key, which has an id as a user and an API key have one. Not validated
-- first, because every older row satisfies the narrower rule.
alter table freehold.audit_entries drop constraint audit_entries_actor_kind_check;
alter table freehold.audit_entries add constraint audit_entries_actor_kind_check
  check (actor_kind in ('user', 'key', 'service', 'system')) not valid;
alter table freehold.audit_entries validate constraint audit_entries_actor_kind_check;
