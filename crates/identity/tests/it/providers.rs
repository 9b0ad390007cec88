//! Signing in with external identity providers, simulated by a server on a socket.

mod browser;
mod directory;
mod github;
mod hostile;
mod id_token;
mod identities;
mod people;
mod realms;
mod sign_in;
mod stand_in;
