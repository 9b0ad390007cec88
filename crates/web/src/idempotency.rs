//! Safe retries of creations: with an `Idempotency-Key` a retry gets the first answer again for 24 hours, and nothing
//! is created twice. The answer is stored in the transaction of the change, without secrets that are shown once. A
//! retry is the same request by the same user or key; `fingerprint` defines what is the same.

mod fingerprint;
mod store;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::HEXLOWER;
use freehold_core::{Caller, Context, Error, Result, codes};
use freehold_db::{Db, Migration, MigrationSet, TenantTx, row};
use jiff::SignedDuration;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub(crate) use store::STATEMENTS;

use crate::{Backbone, Problem, body, purposes::ANSWER, read_json};
use fingerprint::Fingerprint;

/// The table of this module.
pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    name: "web",
    tenant_tables: &["freehold.idempotent_answers"],
    migrations: &[Migration {
        number: 1,
        name: "idempotent_answers",
        sql: include_str!("../migrations/0001_idempotent_answers.sql"),
    }],
};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The body of a creating request, with its `Idempotency-Key`.
#[derive(Debug)]
pub struct Creation<T> {
    /// The resource to create.
    pub body: T,
    retry: Option<Retry>,
}

#[derive(Debug)]
struct Retry {
    key: String,
    request: Fingerprint,
}

row! {
    struct AnswerRow {
        fingerprint: Vec<u8>,
        status: Option<i16>,
        sealed_body: Option<Vec<u8>>,
    }
}

/// How to handle a [`Creation`].
pub enum Attempt<T> {
    /// Execute the creation.
    Fresh(Box<Fresh>, T),
    /// The creation was done before; return its answer.
    Replay(Response),
}

/// A running creation and its transaction.
pub struct Fresh {
    /// The transaction of the whole creation.
    pub tx: TenantTx,
    backbone: Backbone,
    caller: Caller,
    retry: Option<Retry>,
}

impl<T> Creation<T> {
    /// Starts the creation or finds the stored answer. Of two simultaneous requests the second waits for the first.
    pub async fn attempt(self, backbone: &Backbone, caller: &Caller) -> Result<Attempt<T>> {
        let mut tx = backbone.db.tenant(caller).begin().await?;
        if let Some(retry) = &self.retry {
            let now = backbone.clock.now();
            let fingerprint = retry.request.by(caller.actor());
            let claim = store::claim(caller.tenant(), &retry.key, &fingerprint, now + KEPT);
            if tx.fetch_optional(claim).await?.is_none() {
                let stored = tx.fetch_one(store::find(&retry.key)).await?;
                return replay(backbone, caller, &retry.key, &fingerprint, stored).map(Attempt::Replay);
            }
        }
        Ok(Attempt::Fresh(
            Box::new(Fresh { tx, backbone: backbone.clone(), caller: caller.clone(), retry: self.retry }),
            self.body,
        ))
    }
}

impl<T> Creation<T> {
    /// Runs the creation in one transaction: `create` gets the transaction and the body, and returns the answer, which
    /// has status 201. A retry gets the stored answer, and `create` does not run.
    pub async fn run<A: Serialize>(
        self,
        backbone: &Backbone,
        caller: &Caller,
        create: impl AsyncFnOnce(&mut TenantTx, T) -> Result<A>,
    ) -> Result<Response> {
        match self.attempt(backbone, caller).await? {
            Attempt::Fresh(mut fresh, body) => {
                let answer = create(&mut fresh.tx, body).await?;
                fresh.finish(StatusCode::CREATED, &answer).await
            }
            Attempt::Replay(answer) => Ok(answer),
        }
    }

    /// The same for an answer whose field `secret` is shown once: a retry gets null for it.
    pub async fn run_shown_once<A: Serialize>(
        self,
        backbone: &Backbone,
        caller: &Caller,
        secret: &'static str,
        create: impl AsyncFnOnce(&mut TenantTx, T) -> Result<A>,
    ) -> Result<Response> {
        match self.attempt(backbone, caller).await? {
            Attempt::Fresh(mut fresh, body) => {
                let answer = create(&mut fresh.tx, body).await?;
                fresh.finish_shown_once(StatusCode::CREATED, &answer, secret).await
            }
            Attempt::Replay(answer) => Ok(answer),
        }
    }
}

impl Fresh {
    /// Stores the answer for retries, commits the transaction and returns the response.
    pub async fn finish<A: Serialize>(self, status: StatusCode, answer: &A) -> Result<Response> {
        let body = serde_json::to_vec(answer).context("writing an answer")?;
        let kept = body.clone();
        self.finish_with(status, body, kept).await
    }

    /// The same for an answer whose field `secret` is shown once: a retry gets null for it.
    pub async fn finish_shown_once<A: Serialize>(
        self,
        status: StatusCode,
        answer: &A,
        secret: &'static str,
    ) -> Result<Response> {
        let body = serde_json::to_vec(answer).context("writing an answer")?;
        let mut kept: Value = serde_json::from_slice(&body).context("reading an answer")?;
        let shown =
            kept.get_mut(secret).ok_or_else(|| Error::internal("the answer lacks the secret it should show"))?;
        *shown = Value::Null;
        let kept = serde_json::to_vec(&kept).context("writing a kept answer")?;
        self.finish_with(status, body, kept).await
    }

    async fn finish_with(mut self, status: StatusCode, body: Vec<u8>, kept: Vec<u8>) -> Result<Response> {
        if let Some(retry) = &self.retry {
            let place = place(&self.caller, &retry.key);
            let sealed = self.backbone.vault.seal(ANSWER, &kept, &place, &self.backbone.random);
            let number = i16::try_from(status.as_u16()).unwrap_or(200);
            self.tx.execute(store::keep(&retry.key, number, sealed)).await?;
        }
        self.tx.commit().await?;
        Ok(json(status, body))
    }
}

fn replay(backbone: &Backbone, caller: &Caller, key: &str, fingerprint: &[u8], stored: AnswerRow) -> Result<Response> {
    if stored.fingerprint != fingerprint {
        return Err(Error::new(
            codes::IDEMPOTENCY_KEY_REUSED,
            "This Idempotency-Key was used for another request, or by another user or API key. Use a new one for each thing \
             you create.",
        ));
    }
    let (Some(status), Some(sealed)) = (stored.status, stored.sealed_body) else {
        return Err(Error::internal("an idempotent answer without a body"));
    };
    let body = backbone.vault.open(ANSWER, &sealed, &place(caller, key));
    let body = body.context("opening a kept answer")?;
    let status =
        u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    let mut response = json(status, body.to_vec());
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
}

fn place(caller: &Caller, key: &str) -> String {
    format!("answer/{}/{key}", caller.tenant())
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Creation<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let key = key(&request)?;
        let target = format!("{} {}\n", request.method(), request.uri().path());
        let bytes = body::bytes(request).await?;
        let retry = key.map(|key| Retry { key, request: Fingerprint::of_json(&target, &bytes) });
        Ok(Self { body: read_json(&bytes)?, retry })
    }
}

impl<T> Creation<T> {
    /// The same for a page's form: `attempt` is the random value that the page put into the form, and `fields` are the
    /// values that were sent. Sending the form twice creates one thing; sending it again with other values creates
    /// another.
    pub fn of_form(backbone: &Backbone, target: &str, attempt: &str, fields: &[(String, String)], body: T) -> Self {
        let retry = (!attempt.is_empty()).then(|| {
            let sent = fields.iter().fold(target.to_owned(), |text, (name, value)| format!("{text}\n{name}={value}"));
            let key = format!("form-{}", HEXLOWER.encode(&backbone.vault.mac(ANSWER, sent.as_bytes())));
            Retry { key, request: Fingerprint::of_bytes(target, sent.as_bytes()) }
        });
        Self { body, retry }
    }
}

impl Creation<Bytes> {
    /// The same for a file with one of these content types (`text/csv`).
    pub async fn from_file(request: Request, kinds: &[&str]) -> Result<Self> {
        let key = key(&request)?;
        // The options of a file's request are in the query, so it is part of the fingerprint.
        let target = format!("{} {}\n", request.method(), request.uri());
        let bytes = body::file_bytes(request, kinds).await?;
        let retry = key.map(|key| Retry { key, request: Fingerprint::of_bytes(&target, &bytes) });
        Ok(Self { body: bytes, retry })
    }
}

/// The `Idempotency-Key` of a request whose body is read as a stream, before the hash of the body is known.
#[derive(Debug)]
pub struct StreamKey {
    key: Option<String>,
    target: String,
}

impl StreamKey {
    /// The key of this request. Its query and content type are part of what has to be the same in a retry.
    ///
    /// # Errors
    /// `malformed_request`.
    pub fn of(request: &Request) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let target = format!("{} {}\n{}\n", request.method(), request.uri(), String::from_utf8_lossy(kind));
        Ok(Self { key: key(request)?, target })
    }

    /// The creation, once the body was read: `hash` is that of its bytes.
    pub fn creation<T>(self, hash: &[u8], body: T) -> Creation<T> {
        let request = Fingerprint::of_bytes(&self.target, hash);
        Creation { body, retry: self.key.map(|key| Retry { key, request }) }
    }
}

fn key(request: &Request) -> Result<Option<String>> {
    let Some(value) = request.headers().get(HEADER) else { return Ok(None) };
    let key = value.to_str().map(str::trim).unwrap_or_default();
    if (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Some(key.to_owned()))
    } else {
        Err(Error::new(
            codes::MALFORMED_REQUEST,
            "Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.",
        ))
    }
}

/// Deletes expired answers; returns their number.
pub async fn forget_old(db: &Db) -> Result<u64> {
    let mut forgotten = 0;
    loop {
        match db.system("delete expired idempotent answers").execute(store::forget()).await? {
            0 => return Ok(forgotten),
            some => forgotten += some,
        }
    }
}
