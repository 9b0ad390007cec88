//! Money: what is paid at Stripe is what holds here, however its events come.

mod api;
mod buying;
mod checkout;
mod demo;
mod histories;
mod inbox;
mod lifecycle;
mod pages;
mod seats;
mod secrets;
mod shop;
