//! The plain driver, for what tests must do and see that `freehold-db` does not allow.

use tokio_postgres::{Client, NoTls};

/// A plain connection; its task ends with the client.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Postgres' five-character code of an error.
pub fn sqlstate<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a str> {
    if let Some(driver) = error.downcast_ref::<tokio_postgres::Error>() {
        return driver.code().map(tokio_postgres::error::SqlState::code);
    }
    error.source().and_then(sqlstate)
}
