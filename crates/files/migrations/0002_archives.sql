-- Archives that Freehold makes of an organization's data: objects as those of files are, which count in no meter and are not listed.
-- The default is constant, so a full table is not written anew.
alter table freehold.files add column listed boolean not null default true;
comment on column freehold.files.listed is 'false: an archive, which is not among the files of the organization';
comment on column freehold.files.meter is 'the meter in whose total the size is; empty for an archive, which counts in none';
