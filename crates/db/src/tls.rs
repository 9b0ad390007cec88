//! TLS to Postgres.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use freehold_core::{Context, Error, Result};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What `sslmode` requires, with libpq's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TlsMode {
    /// `disable`.
    Off,
    /// `prefer` and `require`: encrypted, but without a check of the server's certificate, as in libpq.
    Encrypted,
    /// `verify-ca`: the certificate must be signed by these authorities or the system's, for any host name.
    Signed(Option<PathBuf>),
    /// `verify-full`: the certificate must be valid for the host name, and signed by these authorities or the system's.
    Verified(Option<PathBuf>),
}

/// The TLS connector for this mode. With [`TlsMode::Off`] the driver never uses it.
pub(crate) fn connector(mode: &TlsMode) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .context("setting up TLS to Postgres")?;
    let config = match mode {
        TlsMode::Verified(root) => builder.with_root_certificates(authorities(root.as_deref())?).with_no_client_auth(),
        TlsMode::Signed(root) => {
            let roots = Arc::new(authorities(root.as_deref())?);
            let chain = WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
                .build()
                .context("setting up TLS to Postgres")?;
            let verifier = AnyHost { provider, chain: Some(chain) };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
        TlsMode::Off | TlsMode::Encrypted => {
            let verifier = AnyHost { provider, chain: None };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
    };
    Ok(MakeRustlsConnect::new(config))
}

fn authorities(file: Option<&Path>) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    match file {
        Some(path) => {
            let wrong = |why: String| Error::invalid("sslrootcert", format!("{}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                store.add(certificate).map_err(|error| wrong(error.to_string()))?;
            }
        }
        None => {
            // A single bad certificate in the system's store is ignored.
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(store)
}

/// What is wrong with the server's certificate, if that was the cause.
pub(crate) fn certificate_problem(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
    let rustls::Error::InvalidCertificate(problem) = inner.downcast_ref::<rustls::Error>()? else { return None };
    Some(match problem {
        CertificateError::UnknownIssuer => "it is signed by an authority that is not known here".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host".to_owned()
        }
        other => other.to_string(),
    })
}

/// Accepts a certificate for any host name.
///
/// `sslmode=verify-ca` of libpq requires that the authorities signed the certificate, for servers that are reached by
/// an IP address. `sslmode=require` checks nothing: the connection is encrypted, but the server's identity is not
/// checked. The certificates of Supabase and most providers are signed by their own authority, so `require` has to
/// accept them. Operators who have the authority's certificate can use `verify-full`, which `freehold doctor`
/// recommends.
#[derive(Debug)]
struct AnyHost {
    provider: Arc<CryptoProvider>,
    /// Checks who signed the certificate; none: any certificate is accepted.
    chain: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for AnyHost {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        // The host name is checked last, so everything else was valid.
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
