-- How the mails look that the product sends for a tenant. What is null is the product's.
create table freehold.mail_brands (
  tenant_id uuid primary key references freehold.tenants (tenant_id) on delete cascade,
  sender_name text check (length(sender_name) between 1 and 60),
  reply_to text check (length(reply_to) between 3 and 254),
  color text check (color ~ '^#[0-9a-f]{6}$'),
  footer text check (length(footer) between 1 and 300),
  updated_at timestamptz not null
);
-- Every mail that is sent for a tenant looks here.
select freehold.protect('freehold.mail_brands', system => 'read');
