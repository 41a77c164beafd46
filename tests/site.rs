//! The site's answer: what the client sees of a real TLS server with every fault of a certificate, and what the step
//! makes of it. What can't be seen is never "answers", and never a failure.

mod install_support;
mod outside;

use install_support::desired;
use lakehouse::clients::dns::Lookup;
use lakehouse::clients::site::{Certificate, Chain, Network, Outside, Secure, Unreached};
use lakehouse::model::Scheme;
use lakehouse::report::Code;
use lakehouse::steps::install::ingress::site::{Seen, decide, evidence};
use lakehouse::steps::install::{Decision, Desired, Dns, Verdict};
use outside::{ADDRESS, reply, secure};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const SITE: &str = "lakehouse.k8.rehearsal.test";
const HERE: [IpAddr; 1] = [IpAddr::V4(Ipv4Addr::LOCALHOST)];

/// An authority, and what it vouches for.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    roots: rustls::RootCertStore,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Two of one name would be a signature that is wrong, and no unknown issuer.
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, format!("authority {number}"));
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            roots,
        }
    }

    /// A server whose certificate is for `name`, good from `from` to `until`.
    fn serve(&self, name: &str, (from, until): (i32, i32), head: &'static str) -> u16 {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())
            .unwrap();
        let config = Arc::new(config);
        listen(move |stream| {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            answer(rustls::StreamOwned::new(connection, stream), head);
        })
    }

    fn asks(&self, port: u16) -> Result<Secure, Unreached> {
        Network::trusting(None, self.roots.clone(), (port, port)).https(SITE, &HERE, "/health-check")
    }
}

fn listen(each: impl Fn(std::net::TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(each));
    port
}

/// Reads a question to its end and gives this head; the question's path stands in `Location` where it is asked for.
fn answer(mut stream: impl Read + Write, head: &str) {
    let (mut question, mut byte) = (Vec::new(), [0]);
    while !question.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        question.push(byte[0]);
    }
    let question = String::from_utf8_lossy(&question).into_owned();
    assert!(question.contains(&format!("\r\nHost: {SITE}\r\n")), "{question}");
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.flush();
}

const GOOD: (i32, i32) = (2020, 2090);
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

#[test]
fn a_certificate_is_judged_by_name_and_chain_apart() {
    let authority = Authority::new();
    let shown = |name: &str, years: (i32, i32)| {
        let secure = authority.asks(authority.serve(name, years, OK)).unwrap();
        assert_eq!((secure.reply.status, secure.reply.from), (200, HERE[0]));
        (secure.certificate.fits_name, secure.certificate.chain)
    };
    assert_eq!(shown(SITE, GOOD), (true, Chain::Holds));
    assert_eq!(shown("*.k8.rehearsal.test", GOOD), (true, Chain::Holds));
    assert_eq!(shown("*.rehearsal.test", GOOD), (false, Chain::Holds));
    assert_eq!(shown("other.test", GOOD), (false, Chain::Holds));
    assert_eq!(shown(SITE, (2001, 2002)), (true, Chain::Expired));
    assert_eq!(shown(SITE, (2090, 2091)), (true, Chain::NotYetValid));
    // Another authority's: the name is right all the same, and that is seen.
    let other = Authority::new();
    let theirs = authority.asks(other.serve(SITE, GOOD, OK)).unwrap().certificate;
    assert_eq!((theirs.fits_name, theirs.chain), (true, Chain::UnknownIssuer));
    let port = other.serve(SITE, GOOD, OK);
    let nobody = Network::trusting(None, rustls::RootCertStore::empty(), (port, port));
    let seen = nobody.https(SITE, &HERE, "/").unwrap().certificate;
    assert_eq!((seen.fits_name, seen.chain), (true, Chain::NobodyTrusted));
}

#[test]
fn whoever_gives_no_answer_is_told_apart() {
    let authority = Authority::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    assert_eq!(authority.asks(port), Err(Unreached::Refused));
    assert_eq!(authority.asks(listen(drop)), Err(Unreached::NoAnswer));
    let plain = listen(|stream| answer_anything(stream, "HTTP/1.1 400 Bad Request\r\n\r\n"));
    assert_eq!(authority.asks(plain), Err(Unreached::NoTls));
    assert_eq!(
        authority.asks(authority.serve(SITE, GOOD, "SSH-2.0-x\r\n\r\n")),
        Err(Unreached::NotHttp)
    );
    assert_eq!(
        authority.asks(authority.serve(SITE, GOOD, "")),
        Err(Unreached::NoAnswer)
    );
    let network = Network::trusting(None, authority.roots.clone(), (port, port));
    assert_eq!(network.https(SITE, &[], "/"), Err(Unreached::NoAddress));
}

fn answer_anything(mut stream: std::net::TcpStream, head: &str) {
    let mut some = [0; 64];
    let _ = stream.read(&mut some);
    let _ = stream.write_all(head.as_bytes());
}

#[test]
fn a_redirect_is_read_and_not_followed() {
    let port = listen(|stream| {
        answer(
            stream,
            "HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.test:443/x\r\n\r\n",
        );
    });
    let network = Network::trusting(None, rustls::RootCertStore::empty(), (port, port));
    let reply = network.http(SITE, &HERE, "/").unwrap();
    assert_eq!(
        (reply.status, reply.location.as_deref()),
        (301, Some("https://elsewhere.test:443/x"))
    );
}

// ── the step ────────────────────────────────────────────────────────────────────────────────────────────────────────

fn present(address: &str) -> Lookup {
    Lookup::Present(vec![address.parse().unwrap()])
}

fn well() -> Seen {
    Seen {
        name: present(ADDRESS),
        balancer: present(ADDRESS),
        health: Ok(secure(200)),
        root: Ok(secure(200)),
        plain: Ok(reply(301, Some("https://lakehouse.k8.rehearsal.test:443/"))),
    }
}

fn with(change: impl FnOnce(&mut Seen)) -> Seen {
    let mut seen = well();
    change(&mut seen);
    seen
}

fn shown(fits_name: bool, chain: Chain) -> Secure {
    Secure {
        certificate: Certificate { fits_name, chain },
        ..secure(200)
    }
}

fn reason(decision: &Decision) -> Code {
    match &decision.verdict {
        Verdict::Waiting(waiting) => {
            // A load balancer takes its time to show what it was told.
            assert!(waiting.why.iter().all(|reason| !reason.hopeless));
            waiting.why[0].stop.code
        }
        other => panic!("not waiting: {other:?}"),
    }
}

/// Settled, not said to answer, with this warning and its message among what is unknown.
fn is_unknown(desired: &Desired, seen: &Seen, code: Code) {
    let decision = decide(desired, Some(seen));
    assert!(
        matches!(decision.verdict, Verdict::Settled),
        "{:?}",
        decision.verdict
    );
    let told = evidence(desired, seen);
    assert!(!told.answers);
    let warning = decision.warnings.iter().find(|warning| warning.code == code);
    let warning = warning.unwrap_or_else(|| panic!("{code:?} is not in {:?}", decision.warnings));
    assert!(told.unknown.contains(&warning.message), "{:?}", told.unknown);
    assert!(!decision.detail.ends_with("answers"), "{}", decision.detail);
}

#[test]
fn a_site_that_is_seen_whole_answers() {
    let decision = decide(&desired(), Some(&well()));
    assert!(matches!(decision.verdict, Verdict::Settled) && decision.warnings.is_empty());
    let told = evidence(&desired(), &well());
    assert!(told.answers && told.unknown.is_empty());
    assert_eq!(told.url, "https://lakehouse.k8.rehearsal.test/");
    assert_eq!(told.tls_name.as_deref(), Some(SITE));
    assert_eq!((told.status, told.health_status), (Some(200), Some(200)));
    assert_eq!(
        (told.chain_verified, told.redirects_to_https),
        (Some(true), Some(true))
    );
    assert_eq!(told.resolved_to, Some(vec![ADDRESS.to_owned()]));
    assert_eq!(
        (told.leads_to_load_balancer, told.asked_at.as_deref()),
        (Some(true), Some(ADDRESS))
    );
    // One that asks for a login answers too.
    assert!(evidence(&desired(), &with(|seen| seen.root = Ok(secure(302)))).answers);
}

#[test]
fn before_there_is_a_load_balancer_the_plan_stays_the_same() {
    let before = decide(&desired(), None);
    assert!(matches!(before.verdict, Verdict::Waiting(_)));
    assert_eq!(before.desired, decide(&desired(), Some(&well())).desired);
}

#[test]
fn a_wrong_certificate_and_an_error_that_lasts_are_no_answer() {
    let judged = |change: &dyn Fn(&mut Seen)| reason(&decide(&desired(), Some(&with(change))));
    let wrong = Code::SiteCertificateWrong;
    assert_eq!(
        judged(&|seen| seen.health = Ok(shown(false, Chain::Holds))),
        wrong
    );
    // Of an issuer that is not trusted here, and not for the site: the name alone is wrong enough.
    assert_eq!(
        judged(&|seen| seen.health = Ok(shown(false, Chain::UnknownIssuer))),
        wrong
    );
    assert_eq!(
        judged(&|seen| seen.health = Ok(shown(true, Chain::Expired))),
        wrong
    );
    assert_eq!(
        judged(&|seen| seen.health = Ok(shown(true, Chain::NotYetValid))),
        wrong
    );
    assert_eq!(
        judged(&|seen| seen.health = Ok(shown(true, Chain::Revoked))),
        wrong
    );
    assert_eq!(
        judged(&|seen| seen.health = Err(Unreached::NameUnknown)),
        Code::SiteCertificateWrong
    );
    let fails = Code::SiteFails;
    for status in [503, 500, 404, 301] {
        assert_eq!(
            judged(&|seen| seen.health = Ok(secure(status))),
            fails,
            "{status}"
        );
    }
    assert_eq!(judged(&|seen| seen.root = Ok(secure(502))), fails);
    for why in [Unreached::NoTls, Unreached::NoAnswer, Unreached::NotHttp] {
        assert_eq!(judged(&|seen| seen.health = Err(why.clone())), fails, "{why:?}");
    }
    for (status, location) in [
        (200, None),
        (404, None),
        (301, None),
        (301, Some("http://lakehouse.k8.rehearsal.test/")),
        (301, Some("https://lakehouse.k8.rehearsal.test.evil.test/")),
        (301, Some("https://evil.test/lakehouse.k8.rehearsal.test")),
    ] {
        assert_eq!(
            judged(&|seen| seen.plain = Ok(reply(status, location))),
            Code::SiteNotRedirected,
            "{status} {location:?}"
        );
    }
}

#[test]
fn what_can_t_be_seen_from_here_is_unknown_with_its_reason() {
    let seen = with(|seen| seen.name = Lookup::Absent);
    is_unknown(&desired(), &seen, Code::SiteNotSeen);
    let seen = with(|seen| seen.name = Lookup::Unknown("no resolver answered within 5 s".to_owned()));
    is_unknown(&desired(), &seen, Code::SiteNotSeen);
    let seen = with(|seen| seen.name = present("198.51.100.1"));
    is_unknown(&desired(), &seen, Code::SiteNotSeen);
    let seen = with(|seen| seen.balancer = Lookup::Absent);
    is_unknown(&desired(), &seen, Code::SiteNotSeen);
    for chain in [Chain::UnknownIssuer, Chain::Broken, Chain::NobodyTrusted] {
        let seen = with(|seen| seen.health = Ok(shown(true, chain)));
        is_unknown(&desired(), &seen, Code::SiteCertificateUntrusted);
        assert_ne!(evidence(&desired(), &seen).chain_verified, Some(true));
    }
    for why in [
        Unreached::Silent,
        Unreached::Refused,
        Unreached::NoWay,
        Unreached::NoAddress,
    ] {
        let far = with(|seen| {
            seen.health = Err(why.clone());
            seen.root = Err(why.clone());
            seen.plain = Err(why.clone());
        });
        is_unknown(&desired(), &far, Code::SiteNotReached);
        let mut internal = desired();
        internal.site.scheme = Scheme::Internal;
        is_unknown(&internal, &far, Code::SiteNotReached);
        let message = &evidence(&internal, &far).unknown[0];
        assert!(message.contains("internal"), "{message}");
    }
}

#[test]
fn a_record_that_is_not_made_yet_by_hand_is_no_failure_and_the_certificate_is_judged_all_the_same() {
    let mut external = desired();
    external.site.dns = Dns::External;
    let seen = with(|seen| seen.name = Lookup::Absent);
    is_unknown(&external, &seen, Code::SiteNotSeen);
    assert!(evidence(&external, &seen).unknown[0].contains("by hand"));
    let seen = with(|seen| {
        seen.name = Lookup::Absent;
        seen.health = Ok(shown(false, Chain::Holds));
    });
    assert_eq!(
        reason(&decide(&external, Some(&seen))),
        Code::SiteCertificateWrong
    );
}
