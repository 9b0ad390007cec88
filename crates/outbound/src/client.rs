//! Sends requests.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use freehold_core::{Context, Result};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::capture_connection},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::{
    Allowed, Refusal, Resolve, SendError, SystemResolver,
    connector::{Connector, Limited},
    socket::Age,
};

/// Most bytes of an answer's body that are read: 16 KiB.
pub const ANSWER_LIMIT: usize = 16 * 1024;

/// How long an idle connection stays open.
const IDLE: Duration = Duration::from_secs(30);
/// Most idle connections per host.
const IDLE_PER_HOST: usize = 64;
/// Most bytes of an answer's headers, approximately; the last read may exceed it.
const HEADERS_LIMIT: usize = 64 * 1024;

/// The default user agent.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("Freehold/", env!("CARGO_PKG_VERSION")));

/// Headers of the connection and its framing, which requests may not set.
const OURS: [HeaderName; 10] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
    HeaderName::from_static("keep-alive"),
];

/// A request to a URL that a customer chose.
#[derive(Clone, Debug)]
pub struct Request {
    /// URL of the request. The connection checks its address again.
    pub url: Url,
    /// HTTP method, most often `POST`.
    pub method: Method,
    /// Headers. The client replaces those of the connection (`Host`, `Content-Length`, …).
    pub headers: HeaderMap,
    /// Body; empty for none.
    pub body: Bytes,
    /// Time limit for the whole request: name lookup, connection, TLS, sending and the complete answer.
    pub time_limit: Duration,
}

/// The answer, of any status. Redirects are not followed.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status: `200`.
    pub status: u16,
    /// Headers of the answer.
    pub headers: HeaderMap,
    /// The first [`ANSWER_LIMIT`] bytes of the body, or as many as were asked for.
    pub body: Vec<u8>,
    /// Time from the start of the request until the body was read.
    pub took: Duration,
}

/// Sends requests over pooled connections. Cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Inner>);

struct Inner {
    client: Client<Limited<HttpsConnector<Connector>>, Full<Bytes>>,
    allowed: Arc<Allowed>,
}

/// The operating system's certificate authorities. They are read once, because they are hundreds of files.
fn authorities() -> Arc<RootCertStore> {
    static AUTHORITIES: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let mut authorities = RootCertStore::empty();
        // Single unreadable certificates of the system are skipped.
        let (added, _) = authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if added == 0 {
            tracing::warn!("this machine has no certificate authorities (ca-certificates): no https:// can be called");
        }
        Arc::new(authorities)
    };
    AUTHORITIES.get_or_init(read).clone()
}

impl Outbound {
    /// A client that calls allowed addresses, with the operating system's certificate authorities and resolver.
    pub fn new(allowed: Allowed) -> Result<Self> {
        Self::with_resolver(allowed, Arc::new(SystemResolver::default()))
    }

    /// Like [`new`](Self::new), with another resolver.
    pub fn with_resolver(allowed: Allowed, resolver: Arc<dyn Resolve>) -> Result<Self> {
        Self::believing(authorities(), allowed, resolver)
    }

    /// Like [`new`](Self::new), with other certificate authorities.
    pub(crate) fn believing(
        authorities: Arc<RootCertStore>,
        allowed: Allowed,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("setting up TLS to customers' addresses")?
            .with_root_certificates(authorities)
            .with_no_client_auth();
        let allowed = Arc::new(allowed);
        let connector = Limited(HttpsConnector::from((Connector::new(allowed.clone(), resolver), tls)));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .http1_max_buf_size(HEADERS_LIMIT)
            .build(connector);
        Ok(Self(Arc::new(Inner { client, allowed })))
    }

    /// Which addresses may be called.
    pub fn allowed(&self) -> &Allowed {
        &self.0.allowed
    }

    /// Sends a request once and reads the answer: no retry, no redirect, no proxy.
    pub async fn send(&self, request: Request) -> Result<Answer, SendError> {
        self.send_reading(request, ANSWER_LIMIT).await
    }

    /// Like [`send`](Self::send), with another limit for the answer's body, in bytes.
    pub async fn send_reading(&self, request: Request, most: usize) -> Result<Answer, SendError> {
        let began = Instant::now();
        let limit = request.time_limit;
        match timeout(limit, self.exchange(request, most)).await {
            Ok(Ok(answer)) => Ok(Answer { took: began.elapsed(), ..answer }),
            Ok(Err(error)) => Err(error.after(began.elapsed())),
            Err(_) => Err(SendError::timeout(limit)),
        }
    }

    async fn exchange(&self, request: Request, most: usize) -> Result<Answer, SendError> {
        let Request { url, method, mut headers, body, .. } = request;
        let uri = uri_of(&url).map_err(|refusal| SendError::refused(&refusal))?;
        for name in &OURS {
            headers.remove(name);
        }
        headers.entry(header::USER_AGENT).or_insert(AGENT);
        let mut outgoing = http::Request::new(Full::new(body));
        *outgoing.method_mut() = method;
        *outgoing.uri_mut() = uri;
        *outgoing.headers_mut() = headers;
        let connection = capture_connection(&mut outgoing);

        let host = url.host_str().unwrap_or_default();
        let answer = self.0.client.request(outgoing).await.map_err(|error| SendError::of_client(error, host))?;
        let (parts, body) = answer.into_parts();
        if parts.extensions.get::<Age>().is_some_and(|age| age.is_over())
            && let Some(connection) = &*connection.connection_metadata()
        {
            connection.poison();
        }
        let body = beginning(body, most).await.map_err(|error| SendError::of_body(error, host))?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body, took: Duration::ZERO })
    }
}

/// The URL for the HTTP client. Checks the parts that the connector does not see.
fn uri_of(url: &Url) -> Result<Uri, Refusal> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err(Refusal::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::UserInfo);
    }
    Uri::try_from(url.as_str()).map_err(|_| Refusal::Unreadable)
}

/// The first bytes of the body. If the body is longer, the connection is closed.
async fn beginning(mut body: Incoming, most: usize) -> Result<Vec<u8>, hyper::Error> {
    let mut kept = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            let room = most - kept.len();
            kept.extend_from_slice(&data[..data.len().min(room)]);
            if kept.len() == most {
                break;
            }
        }
    }
    Ok(kept)
}
