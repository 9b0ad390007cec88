//! Where the work of a task comes from: a client's request, or an operator's command. Transactions tell it to the
//! database, where `freehold.audit_append` adds it to audit entries, so no function between them passes it on.

use std::{net::IpAddr, sync::Arc};

use data_encoding::HEXLOWER;
use freehold_core::UserId;
use serde_json::{Map, Value};
use tokio::task_local;

/// Most characters of a `User-Agent` that are kept.
const AGENT: usize = 512;

task_local! {
    static ORIGIN: Arc<Origin>;
}

/// Where the work of a task comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A client's request.
    Client {
        /// The client's network address; none for a request without a connection.
        address: Option<IpAddr>,
        /// The `User-Agent` header; none when the client sent none.
        agent: Option<String>,
    },
    /// An operator's command at the server.
    Operator,
}

impl Origin {
    /// Runs `work` as work that comes from here. Tasks that it spawns do not inherit this.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        ORIGIN.scope(Arc::new(self), work).await
    }

    /// The setting of a transaction that says where its work comes from; empty when nothing is known. `behind` is the
    /// user who is responsible for the caller. Everything that a client sent is in hexadecimal digits, so it cannot
    /// become SQL.
    pub(crate) fn setting(behind: Option<UserId>) -> String {
        let Ok(json) = ORIGIN.try_with(|origin| origin.json(behind)) else { return String::new() };
        format!("; set local freehold.origin = '{}'", HEXLOWER.encode(json.as_bytes()))
    }

    fn json(&self, behind: Option<UserId>) -> String {
        let mut json = Map::new();
        let mut put = |name: &str, value: Option<Value>| json.extend(value.map(|value| (name.to_owned(), value)));
        match self {
            Self::Operator => put("operator", Some(true.into())),
            Self::Client { address, agent } => {
                put("user", behind.map(|user| user.to_string().into()));
                put("address", address.map(|address| address.to_canonical().to_string().into()));
                // Postgres stores no NUL in a text, and a header has none.
                put("agent", agent.as_ref().map(|agent| agent.chars().take(AGENT).collect::<String>().into()));
            }
        }
        Value::Object(json).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_clients_text_never_becomes_sql() {
        assert_eq!(Origin::setting(None), "", "outside of a request");
        let agent = Some("'; drop table freehold.tenants; --".to_owned());
        let origin = Origin::Client { address: "::ffff:203.0.113.9".parse().ok(), agent };
        let setting = origin.scope(async { Origin::setting(None) }).await;
        let digits = setting.strip_prefix("; set local freehold.origin = '").and_then(|rest| rest.strip_suffix('\''));
        let digits = digits.unwrap();
        assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digits}");
        let json: Value = serde_json::from_slice(&HEXLOWER.decode(digits.as_bytes()).unwrap()).unwrap();
        assert_eq!(json["address"], "203.0.113.9");
        assert_eq!(json["agent"], "'; drop table freehold.tenants; --");
    }
}
