//! The catalog as other crates and people meet it.

mod mistakes;
mod plans_in_the_database;
mod the_four_products;
