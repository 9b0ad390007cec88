-- What an organization says about itself, and how it wants times and languages. The defaults are constant, so a full table is not
-- written anew.
alter table freehold.tenants
  add column website text check (length(website) between 1 and 300),
  add column contact_email text check (length(contact_email) between 3 and 254),
  add column time_zone text not null default 'UTC' check (length(time_zone) between 1 and 64),
  add column locale text not null default 'en' check (length(locale) between 2 and 35),
  add column logo_file uuid;
comment on column freehold.tenants.website is 'an http or https address';
comment on column freehold.tenants.contact_email is 'an address that members may give to others';
comment on column freehold.tenants.time_zone is 'a name of the IANA time zone database';
comment on column freehold.tenants.locale is 'a language tag: language, script, region';
comment on column freehold.tenants.logo_file is 'id of the file of the logo, which is not among the files of the organization; null: no logo';
grant update (website, contact_email, time_zone, locale, logo_file) on freehold.tenants to freehold_app;
