//! A server's certificate, judged and not obeyed: what is wrong with it is the answer.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::{Arc, Mutex, PoisonError};

/// What a server showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whether it is for the name that was asked for.
    pub fits_name: bool,
    /// Whether this machine can follow it to somebody it trusts.
    pub chain: Chain,
}

/// What comes of following a certificate upward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// It ends at somebody whom this machine trusts, and nothing in it is over.
    Holds,
    /// It ends at somebody whom this machine does not know.
    UnknownIssuer,
    /// A certificate's time is over.
    Expired,
    /// A certificate's time has not begun.
    NotYetValid,
    /// A certificate was revoked.
    Revoked,
    /// Something else is wrong with it.
    Broken,
    /// This machine trusts nobody: there is no bundle of certificates to begin with.
    NobodyTrusted,
}

/// Makes verifiers that record.
pub(super) struct Recorder {
    provider: Arc<CryptoProvider>,
    inner: Option<Arc<WebPkiServerVerifier>>,
}

impl Recorder {
    pub(super) fn new(roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        Self {
            inner: builder.build().ok(),
            provider,
        }
    }

    pub(super) fn provider(&self) -> Arc<CryptoProvider> {
        Arc::clone(&self.provider)
    }

    /// A verifier for one connection, and where its judgement stands afterwards.
    pub(super) fn verifier(&self) -> (Arc<Verifier>, Seen) {
        let seen = Seen::default();
        let verifier = Verifier {
            provider: self.provider(),
            inner: self.inner.clone(),
            seen: seen.clone(),
        };
        (Arc::new(verifier), seen)
    }
}

/// The judgement of one connection's certificate.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<Mutex<Option<Certificate>>>);

impl Seen {
    pub(super) fn take(&self) -> Option<Certificate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    inner: Option<Arc<WebPkiServerVerifier>>,
    seen: Seen,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(end)?;
        let fits_name = verify_server_name(&parsed, name).is_ok();
        let chain = match &self.inner {
            None => Chain::NobodyTrusted,
            Some(inner) => chain(
                &inner
                    .verify_server_cert(end, between, name, ocsp, now)
                    .map(|_| ()),
            ),
        };
        let judged = Certificate { fits_name, chain };
        *self.seen.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(judged);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// The chain is followed before the name is looked at: a wrong name alone leaves the chain whole.
fn chain(verified: &Result<(), Error>) -> Chain {
    use CertificateError as E;
    match verified {
        Ok(()) | Err(Error::InvalidCertificate(E::NotValidForName | E::NotValidForNameContext { .. })) => {
            Chain::Holds
        }
        Err(Error::InvalidCertificate(E::UnknownIssuer)) => Chain::UnknownIssuer,
        Err(Error::InvalidCertificate(E::Expired | E::ExpiredContext { .. })) => Chain::Expired,
        Err(Error::InvalidCertificate(E::NotValidYet | E::NotValidYetContext { .. })) => Chain::NotYetValid,
        Err(Error::InvalidCertificate(E::Revoked)) => Chain::Revoked,
        Err(_) => Chain::Broken,
    }
}
