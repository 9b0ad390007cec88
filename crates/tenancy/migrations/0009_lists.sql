-- Lists of members and of a user's organizations come in pages, in an order of their own.
create index members_joined on freehold.members (tenant_id, joined_at, user_id);
create index members_selected on freehold.members (user_id, selected_at desc, tenant_id);
