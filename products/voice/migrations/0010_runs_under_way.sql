-- Conversations that nobody goes on with are looked for in all tenants.
create index runs_under_way on voice.runs (started_at) where status = 'in_progress' and channel = 'text';
select freehold.protect('voice.runs', system => 'read');
