//! Billing: payments at Stripe decide the state here, whatever happens to Stripe's events.

mod api;
mod buying;
mod cancelling;
mod checkout;
mod deals;
mod demo;
mod discounts;
mod erasure;
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
