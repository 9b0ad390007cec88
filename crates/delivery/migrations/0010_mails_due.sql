-- `mails_lanes` has taken its place. Dropping an index waits for whoever reads the table, so it is apart.
drop index freehold.mails_due;
