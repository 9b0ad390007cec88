-- The activity feed shows the latest entries of the actions that its reader may know, however many others there are.
create index audit_entries_action on freehold.audit_entries (tenant_id, action, entry_id);
