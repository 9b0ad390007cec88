-- Rows are kept from changing through the view they are read by (`for update`). Whoever does that must be allowed to write one
-- column of it; `realm` is made of two, so nothing is ever written there.
grant update (realm) on freehold.people to freehold_system;
