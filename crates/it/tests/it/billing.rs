//! Money: what is paid at Stripe is what holds here, however its events come.

mod api;
mod buying;
mod cancelling;
mod checkout;
mod deals;
mod demo;
mod discounts;
mod histories;
mod inbox;
mod lifecycle;
mod odd_events;
mod once;
mod pages;
mod seats;
mod secrets;
mod shop;
mod trials;
