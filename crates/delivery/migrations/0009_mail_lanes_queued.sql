-- Mails that waited already get their lane from the trigger. Apart from the migration that adds the columns, which locks the table.
update freehold.mails set state = state where state = 'queued';
create index mails_lanes on freehold.mails (urgent, due_at) where state = 'queued';
