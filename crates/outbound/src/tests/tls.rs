//! TLS with the test's own certificate authority.

use std::{sync::Arc, time::Duration};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{dns::PlayedDns, post};
use crate::{Allowed, Failure, Outbound, Request};

/// An authority, and a server on loopback with its certificate for `name`.
async fn server_of(name: &str) -> (u16, RootCertStore) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let mut authorities = RootCertStore::empty();
    authorities.add(authority.der().clone()).unwrap();

    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    });
    (port, authorities)
}

fn outbound(authorities: RootCertStore) -> Outbound {
    let dns = PlayedDns::default();
    dns.play("hooks.example", &["127.0.0.1"]);
    Outbound::believing(Arc::new(authorities), Allowed::public_only().with_loopback(), Arc::new(dns)).unwrap()
}

#[tokio::test]
async fn the_certificate_is_checked_for_the_name_and_not_for_the_address() {
    let (port, authorities) = server_of("hooks.example").await;
    let url = format!("https://hooks.example:{port}/");
    assert_eq!(outbound(authorities).send(post(&url)).await.unwrap().status, 204);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let (port, authorities) = server_of("other.example").await;
    let error = outbound(authorities).send(post(&format!("https://hooks.example:{port}/"))).await.unwrap_err();
    assert_eq!(error.failure(), Failure::Tls);
    let words = "TLS with hooks.example failed: invalid peer certificate: certificate not valid for name";
    assert!(error.to_string().starts_with(words), "{error}");
}

/// The limit of the request would end this, too; but a connection attempt continues after its request got another
/// connection.
#[tokio::test(start_paused = true)]
async fn a_server_that_never_shakes_hands_does_not_keep_a_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let request = Request { time_limit: Duration::from_hours(1), ..post(&url) };
    let error = outbound(RootCertStore::empty()).send(request).await.unwrap_err();
    assert_eq!(error.failure(), Failure::Timeout);
    assert_eq!(error.to_string(), "127.0.0.1 could not be reached: the connection took longer than 10 s.");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let (port, _) = server_of("hooks.example").await;
    let (_, authorities) = server_of("hooks.example").await;
    let error = outbound(authorities).send(post(&format!("https://hooks.example:{port}/"))).await.unwrap_err();
    assert_eq!(error.failure(), Failure::Tls, "{error:?}");
}
