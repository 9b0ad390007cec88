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

/// How much of an answer's body is kept: 16 KiB. The rest is not read.
pub const ANSWER_LIMIT: usize = 16 * 1024;

/// How long a connection waits for the next request.
const IDLE: Duration = Duration::from_secs(30);
/// Connections that wait for each host.
const IDLE_PER_HOST: usize = 64;
/// About how many bytes an answer's headers may have; the last reading may go beyond.
const HEADERS_LIMIT: usize = 64 * 1024;

/// What says who asks.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("Freehold/", env!("CARGO_PKG_VERSION")));

/// Headers that belong to the connection or to its framing; what a request brings of these is left out.
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

/// A request to an address that a customer named.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where to; checked again when the connection is made.
    pub url: Url,
    /// Most often `POST`.
    pub method: Method,
    /// Those of the connection (`Host`, `Content-Length`, …) are set by the client, whatever is said here.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
    /// For everything: finding the address, connecting, TLS, sending, and the whole answer.
    pub time_limit: Duration,
}

/// What came back, whatever its status: redirects are answers like others and are not followed.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status: 200.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The first [`ANSWER_LIMIT`] bytes of the body, or as many as were asked for.
    pub body: Vec<u8>,
    /// From the start until the body was read.
    pub took: Duration,
}

/// Sends requests over connections that are kept open. Cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Inner>);

struct Inner {
    client: Client<Limited<HttpsConnector<Connector>>, Full<Bytes>>,
    allowed: Arc<Allowed>,
}

/// The operating system's certificate authorities, which are some hundred files: read once.
fn authorities() -> Arc<RootCertStore> {
    static AUTHORITIES: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let mut authorities = RootCertStore::empty();
        // Single bad certificates of the system are nothing to stop for.
        let (added, _) = authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if added == 0 {
            tracing::warn!("this machine has no certificate authorities (ca-certificates): no https:// can be called");
        }
        Arc::new(authorities)
    };
    AUTHORITIES.get_or_init(read).clone()
}

impl Outbound {
    /// A client that calls what is allowed, with the operating system's certificate authorities and resolver.
    pub fn new(allowed: Allowed) -> Result<Self> {
        Self::with_resolver(allowed, Arc::new(SystemResolver::default()))
    }

    /// The same with another resolver.
    pub fn with_resolver(allowed: Allowed, resolver: Arc<dyn Resolve>) -> Result<Self> {
        Self::believing(authorities(), allowed, resolver)
    }

    /// The same with other authorities.
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

    /// Sends a request and reads the answer, once: no retry, no redirect, no proxy.
    pub async fn send(&self, request: Request) -> Result<Answer, SendError> {
        self.send_reading(request, ANSWER_LIMIT).await
    }

    /// The same, reading so many bytes of the answer's body at most, for whoever asks for a document.
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

/// The address as the client wants it. Checks what the connector does not see.
fn uri_of(url: &Url) -> Result<Uri, Refusal> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err(Refusal::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::UserInfo);
    }
    Uri::try_from(url.as_str()).map_err(|_| Refusal::Unreadable)
}

/// The first bytes of the body. Where it goes on after that, the connection is closed with it.
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
