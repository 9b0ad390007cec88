//! Where the work of a task comes from: a client's request, or an operator's command. Transactions tell it to the
//! database, where `freehold.audit_append` adds it to audit entries, so no function between them passes it on.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use data_encoding::HEXLOWER;
use freehold_core::{OperatorId, UserId};
use serde_json::{Map, Value};
use tokio::task_local;

/// Most characters of a `User-Agent` that are kept.
const AGENT: usize = 512;

task_local! {
    static ORIGIN: Arc<Known>;
}

/// What is known of the origin of a task's work.
struct Known {
    origin: Origin,
    /// The operator whose credential the request had; empty until it was checked, and for everyone else.
    operator: OnceLock<OperatorId>,
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
        ORIGIN.scope(Arc::new(Known { origin: self, operator: OnceLock::new() }), work).await
    }

    /// Notes that the request of this task is an operator's, whose credential was checked. Audit entries name them from
    /// now on.
    pub fn is_operators(operator: OperatorId) {
        // Outside of a request there is nothing to note, and a request has one credential.
        let _ = ORIGIN.try_with(|known| known.operator.set(operator));
    }

    /// The setting of a transaction that says where its work comes from; empty when nothing is known. `behind` is the
    /// user who is responsible for the caller. Everything that a client sent is in hexadecimal digits, so it cannot
    /// become SQL.
    pub(crate) fn setting(behind: Option<UserId>) -> String {
        let Ok(json) = ORIGIN.try_with(|known| known.origin.json(behind, known.operator.get())) else {
            return String::new();
        };
        format!("; set local freehold.origin = '{}'", HEXLOWER.encode(json.as_bytes()))
    }

    fn json(&self, behind: Option<UserId>, operator: Option<&OperatorId>) -> String {
        let mut json = Map::new();
        let mut put = |name: &str, value: Option<Value>| json.extend(value.map(|value| (name.to_owned(), value)));
        match self {
            // Not their network address: they work for the server, and the entry is for the tenant.
            _ if operator.is_some() => put("operator", operator.map(|operator| operator.to_string().into())),
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
        assert!(json.get("operator").is_none());
        assert_eq!(json["agent"], "'; drop table freehold.tenants; --");
    }
}
