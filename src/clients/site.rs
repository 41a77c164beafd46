//! The site as its visitors meet it: by DNS, TLS and HTTP, asked from this machine and by no tool. Nothing secret is
//! sent, so an answer is also read of a server whose certificate does not hold; what is wrong with it stands beside.

mod certificate;

use super::dns::{DEADLINE, Lookup, look_up};
use certificate::Recorder;
pub use certificate::{Certificate, Chain};
use rustls::{AlertDescription, ClientConfig, ClientConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection may stay silent.
const SILENCE: Duration = Duration::from_secs(10);
/// How long one answer's head may take as a whole, and how long it may be.
const HEAD: (Duration, usize) = (Duration::from_secs(20), 32 * 1024);
/// Of a name's addresses, how many are tried.
const MOST: usize = 3;

/// Who answers outside of the tools: DNS, and the site.
pub trait Outside: Send + Sync {
    /// The addresses of a name.
    fn look_up(&self, name: &str) -> Lookup;

    /// Asks for `path` of `host` by HTTPS, at the first of `addresses` that takes the connection.
    ///
    /// # Errors
    /// [`Unreached`] where there is no answer.
    fn https(&self, host: &str, addresses: &[IpAddr], path: &str) -> Result<Secure, Unreached>;

    /// The same by plain HTTP.
    ///
    /// # Errors
    /// As [`Self::https`].
    fn http(&self, host: &str, addresses: &[IpAddr], path: &str) -> Result<Reply, Unreached>;
}

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Where it sends to. Untrusted text.
    pub location: Option<String>,
    /// Who answered.
    pub from: IpAddr,
}

/// An answer by HTTPS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secure {
    /// The answer.
    pub reply: Reply,
    /// The certificate that was shown.
    pub certificate: Certificate,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// There is no address to ask at.
    NoAddress,
    /// Nobody took the connection in time.
    Silent,
    /// It was refused.
    Refused,
    /// This machine has no way there.
    NoWay,
    /// The connection stood, and no TLS came of it.
    NoTls,
    /// The server has no certificate for the name.
    NameUnknown,
    /// The connection ended, or stayed silent, without an answer.
    NoAnswer,
    /// What came is no HTTP.
    NotHttp,
}

impl Unreached {
    /// In words, after "not reached:".
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self {
            Self::NoAddress => "no address is known",
            Self::Silent => "nobody took the connection within 5 s",
            Self::Refused => "the connection was refused",
            Self::NoWay => "this machine has no way there",
            Self::NoTls => "the TLS handshake failed",
            Self::NameUnknown => "the server has no certificate for the name",
            Self::NoAnswer => "the connection ended, or stayed silent, without an answer",
            Self::NotHttp => "what answers is no HTTP server",
        }
    }
}

/// The network of this machine.
pub struct Network {
    server: Option<SocketAddr>,
    ports: (u16, u16),
    recorder: Recorder,
}

impl Network {
    /// Asks DNS at `server`, else the system's resolvers; trusts what the system trusts (`SSL_CERT_FILE` names another
    /// bundle) and connects directly, past any proxy: a proxy's word about a certificate would be the proxy's.
    #[must_use]
    pub fn new(server: Option<SocketAddr>) -> Self {
        let roots = rustls_native_certs::load_native_certs();
        tracing::debug!("{} certificates are trusted for the site", roots.certs.len());
        let mut store = rustls::RootCertStore::empty();
        store.add_parsable_certificates(roots.certs);
        Self::trusting(server, store, (80, 443))
    }

    /// The same with other trust, and other ports than HTTP's and HTTPS's own.
    #[must_use]
    pub fn trusting(server: Option<SocketAddr>, roots: rustls::RootCertStore, ports: (u16, u16)) -> Self {
        Self {
            server,
            ports,
            recorder: Recorder::new(roots),
        }
    }
}

impl Outside for Network {
    fn look_up(&self, name: &str) -> Lookup {
        look_up(name, self.server, DEADLINE)
    }

    fn https(&self, host: &str, addresses: &[IpAddr], path: &str) -> Result<Secure, Unreached> {
        let (stream, from) = connect(addresses, self.ports.1)?;
        let name = rustls::pki_types::ServerName::try_from(host.to_owned()).map_err(|_| Unreached::NoTls)?;
        let (verifier, seen) = self.recorder.verifier();
        let config = ClientConfig::builder_with_provider(self.recorder.provider())
            .with_safe_default_protocol_versions()
            .map_err(|_| Unreached::NoTls)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        let connection = ClientConnection::new(Arc::new(config), name).map_err(|_| Unreached::NoTls)?;
        let mut stream = StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() {
            if let Err(error) = stream.conn.complete_io(&mut stream.sock) {
                return Err(of_handshake(&error));
            }
        }
        let certificate = seen.take().ok_or(Unreached::NoTls)?;
        let reply = exchange(&mut stream, host, path, from)?;
        Ok(Secure { reply, certificate })
    }

    fn http(&self, host: &str, addresses: &[IpAddr], path: &str) -> Result<Reply, Unreached> {
        let (mut stream, from) = connect(addresses, self.ports.0)?;
        exchange(&mut stream, host, path, from)
    }
}

/// A connection to the first address that takes it; else why the last one did not.
fn connect(addresses: &[IpAddr], port: u16) -> Result<(TcpStream, IpAddr), Unreached> {
    let mut why = Unreached::NoAddress;
    for address in addresses.iter().take(MOST) {
        match TcpStream::connect_timeout(&SocketAddr::new(*address, port), CONNECT) {
            Ok(stream) => {
                let limited = stream
                    .set_read_timeout(Some(SILENCE))
                    .and_then(|()| stream.set_write_timeout(Some(SILENCE)));
                if limited.is_ok() {
                    return Ok((stream, *address));
                }
                why = Unreached::NoWay;
            }
            Err(error) => {
                why = match error.kind() {
                    io::ErrorKind::ConnectionRefused => Unreached::Refused,
                    io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Unreached::Silent,
                    _ => Unreached::NoWay,
                };
            }
        }
    }
    Err(why)
}

fn of_handshake(error: &io::Error) -> Unreached {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::AlertReceived(AlertDescription::UnrecognisedName)) => Unreached::NameUnknown,
        Some(_) => Unreached::NoTls,
        None => Unreached::NoAnswer,
    }
}

/// Asks, and reads the head of the answer; the body is left unread.
fn exchange(
    stream: &mut (impl Read + Write),
    host: &str,
    path: &str,
    from: IpAddr,
) -> Result<Reply, Unreached> {
    let agent = concat!("lakehouse/", env!("CARGO_PKG_VERSION"));
    let question = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    let sent = stream
        .write_all(question.as_bytes())
        .and_then(|()| stream.flush());
    sent.map_err(|_| Unreached::NoAnswer)?;
    let (until, mut head, mut buffer) = (Instant::now() + HEAD.0, Vec::new(), [0_u8; 4096]);
    loop {
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            head.truncate(end);
            return parse_head(&head, from);
        }
        if head.len() > HEAD.1 {
            return Err(Unreached::NotHttp);
        }
        if Instant::now() > until {
            return Err(Unreached::NoAnswer);
        }
        match stream.read(&mut buffer) {
            Ok(0) if head.is_empty() => return Err(Unreached::NoAnswer),
            Ok(0) => return Err(Unreached::NotHttp),
            Ok(count) => head.extend(buffer.iter().take(count)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Unreached::NoAnswer),
        }
    }
}

/// Reads an answer's status line and where it sends to.
fn parse_head(head: &[u8], from: IpAddr) -> Result<Reply, Unreached> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| {
        let rest = line.strip_prefix("HTTP/1.")?;
        let code = rest.split(' ').nth(1)?;
        let known = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
        code.parse().ok().filter(|_| known)
    });
    let location = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("location"))
        .map(|(_, value)| value.trim().to_owned())
        .filter(|value| value.len() <= 2048 && value.bytes().all(|byte| byte.is_ascii_graphic()));
    Ok(Reply {
        status: status.ok_or(Unreached::NotHttp)?,
        location,
        from,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_head_is_read_and_anything_else_is_no_answer() {
        let read = |text: &str| parse_head(text.as_bytes(), HERE);
        let reply = read("HTTP/1.1 301 Moved\r\nserver: x\r\nLOCATION:  https://a.test:443/ ").unwrap();
        assert_eq!(
            (reply.status, reply.location.as_deref()),
            (301, Some("https://a.test:443/"))
        );
        assert_eq!(read("HTTP/1.0 200").unwrap().status, 200);
        let odd = read("HTTP/1.1 302 x\r\nLocation: https://a.test/\u{1b}[2J").unwrap();
        assert_eq!(odd.location, None);
        for text in [
            "",
            "HTTP/1.1",
            "HTTP/1.1 20 x",
            "HTTP/1.1 2000 x",
            "HTTP/2 200",
            "SSH-2.0-x",
            "HTTP/1.1 +20 x",
        ] {
            assert_eq!(read(text), Err(Unreached::NotHttp), "{text}");
        }
    }
}
