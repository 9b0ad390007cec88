-- `members_selected` begins with the same column. Apart from the migration that creates it, because dropping an index waits for
-- whoever reads the table, and creating one holds up whoever writes.
drop index freehold.members_user_id;
