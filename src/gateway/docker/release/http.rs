//! One file from one host: TLS with this machine's certificates, its proxies, and redirects followed by hand.

use super::Trouble;
use super::proxy::proxy_for;
use crate::gateway::environment::Env;
use crate::model::ToolboxMirror;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, LOCATION};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy};
use url::Url;

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// How long a host may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Between one sign of life and the next.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            silence: Duration::from_secs(30),
        }
    }
}

/// Where a file is, and where its host may send to.
#[derive(Clone)]
pub struct Address {
    url: Url,
    authorization: Option<String>,
    mirror: bool,
    redirects_to: Vec<String>,
}

impl Address {
    /// The address of `path` below the mirror, or below the official URL.
    #[must_use]
    pub(super) fn of(
        official: Option<&str>,
        redirects_to: &[String],
        mirror: Option<&ToolboxMirror>,
        path: &str,
    ) -> Option<Self> {
        let base = match mirror {
            Some(mirror) => Url::parse(mirror.url()).ok()?,
            None => Url::parse(official?).ok()?,
        };
        Some(Self {
            url: base.join(path).ok()?,
            authorization: mirror.and_then(ToolboxMirror::authorization),
            mirror: mirror.is_some(),
            // A mirror answers for itself.
            redirects_to: if mirror.is_some() {
                Vec::new()
            } else {
                redirects_to.to_vec()
            },
        })
    }

    /// Whether it is a mirror's.
    #[must_use]
    pub fn is_mirror(&self) -> bool {
        self.mirror
    }

    /// The host, with its port where it is not the usual one.
    #[must_use]
    pub fn host(&self) -> String {
        host_of(&self.url)
    }

    /// Whether `next` is where this address may send to: its own host, or one of the tool's others by https. What came
    /// by https never goes on without it.
    fn may_send_to(&self, next: &Url) -> bool {
        let scheme = next.scheme() == "https" || (next.scheme() == "http" && self.url.scheme() == "http");
        let same_host = next.host_str() == self.url.host_str();
        let own = same_host
            && (next.port_or_known_default() == self.url.port_or_known_default()
                || (next.scheme() == "https" && next.port().is_none() && self.url.port().is_none()));
        let other = next.scheme() == "https"
            && next.port().is_none()
            && next
                .host_str()
                .is_some_and(|host| self.redirects_to.iter().any(|known| known == host));
        scheme && (own || other)
    }
}

fn host_of(url: &Url) -> String {
    let host: String = url.host_str().unwrap_or_default().chars().take(253).collect();
    url.port()
        .map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

/// The client: certificates and proxies of this machine.
pub struct Http {
    tls: TlsConfig,
    env: Env,
    limits: Limits,
}

impl Http {
    /// A client that trusts what the system trusts, and `ca` (PEM) besides.
    #[must_use]
    pub fn new(env: &Env, ca: &[u8], limits: Limits) -> Self {
        let system = rustls_native_certs::load_native_certs();
        let mut roots: Vec<Certificate<'static>> = system
            .certs
            .iter()
            .map(|certificate| Certificate::from_der(certificate.as_ref()).to_owned())
            .collect();
        roots.extend(parse_pem(ca).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        }));
        tracing::debug!("{} certificates are trusted for downloads", roots.len());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        Self {
            tls,
            env: env.clone(),
            limits,
        }
    }

    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The file's announced length and its bytes as they come.
    ///
    /// # Errors
    /// [`Trouble`]: no answer, an answer that is no file, or a redirect that may not be followed.
    pub fn get(&self, address: &Address) -> Result<(Option<u64>, Box<dyn Read + Send>), Trouble> {
        let mut at = address.url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.ask(address, &at, true)?;
            let status = response.status().as_u16();
            let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
            match status {
                200 => {
                    let length = header(CONTENT_LENGTH).and_then(|text| text.parse().ok());
                    let body = response.into_body().into_with_config().limit(u64::MAX).reader();
                    return Ok((length, Box::new(body)));
                }
                301 | 302 | 303 | 307 | 308 => {
                    let next = header(LOCATION).and_then(|location| at.join(location).ok());
                    let next = next.ok_or(Trouble::Status(status))?;
                    if !address.may_send_to(&next) {
                        return Err(Trouble::Elsewhere {
                            to: format!("{}://{}", next.scheme(), host_of(&next)),
                        });
                    }
                    at = next;
                }
                _ => return Err(Trouble::Status(status)),
            }
        }
        Err(Trouble::RedirectLoop { most: REDIRECTS })
    }

    /// The status of the first answer: whatever it is, the host answers.
    ///
    /// # Errors
    /// [`Trouble`] when there is none.
    pub fn status(&self, address: &Address) -> Result<u16, Trouble> {
        Ok(self.ask(address, &address.url, false)?.status().as_u16())
    }

    fn ask(&self, address: &Address, at: &Url, whole: bool) -> Result<ureq::http::Response<Body>, Trouble> {
        let agent = self.agent(at)?;
        let mut request = if whole {
            agent.get(at.as_str())
        } else {
            agent.head(at.as_str())
        };
        // Only to the host that it was given for.
        let own = at.host_str() == address.url.host_str();
        if let Some(authorization) = address.authorization.as_ref().filter(|_| own) {
            request = request.header(AUTHORIZATION, authorization);
        }
        request.call().map_err(|error| self.trouble(&error))
    }

    fn agent(&self, at: &Url) -> Result<Agent, Trouble> {
        let proxy = match proxy_for(&self.env, at) {
            None => None,
            Some((name, proxy)) => Some(Proxy::new(&proxy).map_err(|_| Trouble::Unreachable {
                said: format!(
                    "{name} is not a proxy's URL that can be used, such as http://proxy.example:3128"
                ),
            })?),
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .tls_config(self.tls.clone())
            .user_agent(concat!("lakehouse/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections(0)
            .timeout_connect(Some(self.limits.connect))
            .timeout_resolve(Some(self.limits.connect))
            .timeout_recv_response(Some(self.limits.silence))
            .timeout_per_read(Some(self.limits.silence))
            .timeout_per_write(Some(self.limits.silence))
            .build();
        Ok(config.into())
    }

    fn trouble(&self, error: &ureq::Error) -> Trouble {
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => Trouble::Unreachable {
                said: "no connection in time".to_owned(),
            },
            ureq::Error::Timeout(_) => Trouble::Silent {
                seconds: self.limits.silence.as_secs(),
            },
            error => Trouble::Unreachable {
                said: error.to_string(),
            },
        }
    }
}

/// Whether a read ended because nothing came.
#[must_use]
pub fn is_silence(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::TimedOut
        || error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<ureq::Error>())
            .is_some_and(|inner| matches!(inner, ureq::Error::Timeout(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn official() -> Address {
        Address::of(
            Some("https://dl.k8s.io/"),
            &["cdn.dl.k8s.io".to_owned()],
            None,
            "release/v1/kubectl",
        )
        .unwrap()
    }

    fn mirror(base: &str) -> Address {
        let mirror: ToolboxMirror = base.parse().unwrap();
        let others = ["cdn.dl.k8s.io".to_owned()];
        Address::of(
            Some("https://dl.k8s.io/"),
            &others,
            Some(&mirror),
            "release/v1/kubectl",
        )
        .unwrap()
    }

    #[test]
    fn a_host_sends_only_where_its_tool_may_come_from() {
        for (address, next, allowed) in [
            (official(), "https://dl.k8s.io/other", true),
            (official(), "https://cdn.dl.k8s.io/release", true),
            (official(), "http://cdn.dl.k8s.io/release", false),
            (official(), "http://dl.k8s.io/", false),
            (official(), "https://cdn.dl.k8s.io:8443/", false),
            (official(), "https://cdn.dl.k8s.io.evil.test/", false),
            (official(), "https://evil.test/cdn.dl.k8s.io", false),
            (official(), "https://cdn.dl.k8s.io@evil.test/", false),
            (official(), "file:///etc/passwd", false),
            (mirror("https://m.test/k8s"), "https://m.test/else", true),
            (mirror("https://m.test/k8s"), "https://cdn.dl.k8s.io/", false),
            (mirror("https://m.test/k8s"), "http://m.test/", false),
            (mirror("http://m.test/"), "https://m.test/", true),
            (mirror("http://m.test/"), "http://m.test:81/", false),
            (mirror("http://m.test:8080/"), "http://m.test:8080/x", true),
        ] {
            assert_eq!(address.may_send_to(&Url::parse(next).unwrap()), allowed, "{next}");
        }
    }

    #[test]
    fn a_mirror_stands_for_the_base_and_its_user_is_no_part_of_the_address() {
        let address = mirror("https://me:pass-word@m.test:8443/k8s");
        assert_eq!(address.url.as_str(), "https://m.test:8443/k8s/release/v1/kubectl");
        assert_eq!(address.host(), "m.test:8443");
        assert_eq!(address.authorization.as_deref(), Some("Basic bWU6cGFzcy13b3Jk"));
        assert_eq!(official().url.as_str(), "https://dl.k8s.io/release/v1/kubectl");
    }
}
