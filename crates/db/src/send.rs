//! How statements are sent, and how `begin`, the settings, the statement and `commit` share one round trip.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use deadpool_postgres::Object;
use futures_util::{
    TryStreamExt,
    future::{join, join_all, join3, maybe_done},
};
use jiff::Timestamp;
use tokio_postgres::{Error, RowStream, Statement};

use crate::Query;

/// Whether a connection keeps its prepared statements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatementCache {
    /// Every statement is sent unnamed, with its types, so that a pooler in transaction mode cannot mix statements up.
    #[default]
    Off,
    /// Postgres parses and plans each statement once per connection. Only for connections without a pooler.
    On,
}

pub(crate) type Answered<T> = Result<T, Error>;
pub(crate) type Sent = Answered<(Vec<tokio_postgres::Row>, u64)>;
/// The answers to `begin` and the settings, to the statement, and to `commit`.
pub(crate) type Answers = (Answered<()>, Sent, Answered<()>);

/// Sends one statement.
pub(crate) async fn send<R>(client: &Object, query: &Query<R>, now: Timestamp, cache: StatementCache) -> Sent {
    match cache {
        StatementCache::Off => unnamed(client, query, now).await,
        StatementCache::On => {
            let statement = client.prepare_typed_cached(query.statement.sql, &query.statement.params()).await?;
            named(client, query, now, &statement).await
        }
    }
}

/// Most statements that are sent together. `join_all` polls more than 30 futures in an order of its own.
pub(crate) const TOGETHER: usize = 30;

/// Sends statements one after the other, followed by `commit` when they are the `last` ones, and returns their answers.
/// A transaction has to be open.
pub(crate) async fn send_all(
    client: &Object,
    queries: &[Query<()>],
    now: Timestamp,
    cache: StatementCache,
    last: bool,
) -> Answered<(Vec<Sent>, Answered<()>)> {
    // All statements are prepared before any is sent: `commit` would overtake one that is prepared in between.
    let mut known = Vec::new();
    if cache == StatementCache::On {
        for query in queries {
            known.push(client.prepare_typed_cached(query.statement.sql, &query.statement.params()).await?);
        }
    }
    let statements = queries.iter().enumerate().map(async |(index, query)| match known.get(index) {
        Some(statement) => named(client, query, now, statement).await,
        None => unnamed(client, query, now).await,
    });
    let commit = async { if last { client.batch_execute("commit").await } else { Ok(()) } };
    Ok(join(join_all(statements), commit).await)
}

/// Sends everything in one round trip. The futures are polled in this order, and the driver sends at the first poll.
pub(crate) async fn fly<R>(
    client: &Object,
    opening: &str,
    query: &Query<R>,
    now: Timestamp,
    cache: StatementCache,
) -> Answers {
    let opening = client.batch_execute(opening);
    let commit = client.batch_execute("commit");
    match cache {
        StatementCache::Off => join3(opening, unnamed(client, query, now), commit).await,
        StatementCache::On => fly_prepared(client, opening, query, now, commit).await,
    }
}

/// A statement that the connection has prepared is sent like any other. One that it has not prepared yet has to be
/// prepared between `begin` and `commit`, because only there does the role see the tables: that takes two more round
/// trips, once per connection.
async fn fly_prepared<R>(
    client: &Object,
    opening: impl Future<Output = Answered<()>>,
    query: &Query<R>,
    now: Timestamp,
    commit: impl Future<Output = Answered<()>>,
) -> Answers {
    let mut opening = pin!(maybe_done(opening));
    let types = query.statement.params();
    let mut preparing = pin!(client.prepare_typed_cached(query.statement.sql, &types));
    // After this `begin` has been sent, followed by the message that prepares the statement, unless it is prepared
    // already.
    poll_fn(|context| Poll::Ready(opening.as_mut().poll(context).is_ready())).await;
    let known = poll_fn(|context| Poll::Ready(preparing.as_mut().poll(context))).await;
    let opened = |opening: &mut std::pin::Pin<&mut futures_util::future::MaybeDone<_>>| {
        opening.as_mut().take_output().unwrap_or(Ok(()))
    };
    if let Poll::Ready(Ok(statement)) = known {
        let ((), answer, committed) = join3(opening.as_mut(), named(client, query, now, &statement), commit).await;
        return (opened(&mut opening), answer, committed);
    }
    let prepared = match known {
        Poll::Ready(prepared) => {
            opening.as_mut().await;
            prepared
        }
        Poll::Pending => join(opening.as_mut(), preparing).await.1,
    };
    match prepared {
        Ok(statement) => {
            let (answer, committed) = join(named(client, query, now, &statement), commit).await;
            (opened(&mut opening), answer, committed)
        }
        Err(error) => {
            let ended = client.batch_execute("rollback").await;
            (opened(&mut opening), Err(error), ended)
        }
    }
}

async fn unnamed<R>(client: &Object, query: &Query<R>, now: Timestamp) -> Sent {
    rows(client.query_typed_raw(query.statement.sql, query.typed_params(&now)).await?).await
}

async fn named<R>(client: &Object, query: &Query<R>, now: Timestamp, statement: &Statement) -> Sent {
    let sent = match client.query_raw(statement, query.params(&now)).await {
        Ok(stream) => rows(stream).await,
        Err(error) => Err(error),
    };
    if sent.as_ref().is_err_and(is_outdated) {
        client.statement_cache.clear();
    }
    sent
}

async fn rows(stream: RowStream) -> Sent {
    let mut stream = pin!(stream);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(row);
    }
    Ok((rows, stream.rows_affected().unwrap_or_default()))
}

/// Whether the statement was prepared for tables that have changed since, or on a server connection that a pooler has
/// exchanged. In both cases the statement did nothing, and the next try prepares it again.
pub(crate) fn is_outdated(error: &Error) -> bool {
    error.as_db_error().is_some_and(|said| match said.code().code() {
        "26000" => true,
        "0A000" => said.message().starts_with("cached plan"),
        _ => false,
    })
}
