//! The bare driver, for what tests must do and see that the house does not let through.

use tokio_postgres::{Client, NoTls};

/// A bare connection; its task ends with the client.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The five letters Postgres gave for the cause of an error.
pub(crate) fn sqlstate<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a str> {
    if let Some(driver) = error.downcast_ref::<tokio_postgres::Error>() {
        return driver.code().map(tokio_postgres::error::SqlState::code);
    }
    error.source().and_then(sqlstate)
}
