//! The catalog through its public interface.

mod mistakes;
mod plans_in_the_database;
mod the_four_products;
