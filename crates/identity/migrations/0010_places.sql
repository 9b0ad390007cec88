-- A place is named by the address and no longer by the person, so that one question finds both. What was noted before names
-- nothing any more.
delete from freehold.known_places;
comment on column freehold.known_places.place is 'digest of the person''s address and the network, under the server''s pepper';
