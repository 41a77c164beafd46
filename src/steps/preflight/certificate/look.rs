//! Asks ACM for what the judgement needs: the list, and a description where the list can't decide.

use super::cover::best_name;
use super::discovered::{Catalogue, Unread};
use super::standing::{Standing, standing};
use super::{discovered, named};
use crate::clients::aws::Acm;
use crate::clients::aws::acm::Certificate;
use crate::clients::{Asker, CallError, ErrorClass};
use crate::gateway::Gateway;
use crate::model::{AccountId, CertArn, SiteDomain};
use crate::steps::preflight::checked::Checked;
use crate::steps::preflight::inputs::CertNamed;
use jiff::Timestamp;
use std::time::Instant;

/// What a certificate is held against.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The site.
    pub site: &'a SiteDomain,
    /// The account in which the load balancer will stand.
    pub account: &'a AccountId,
    /// The time.
    pub now: Timestamp,
    /// On whose behalf, in which region.
    pub asker: Asker<'a>,
    /// How the certificate was named, where one was.
    pub named: &'a CertNamed,
}

/// As many descriptions at once as the gateway lets commands run.
const AT_ONCE: usize = 6;

/// Makes the check: finds a certificate, or holds the named one to the same rules.
#[must_use]
pub fn run(gateway: &dyn Gateway, arn: Option<&CertArn>, look: &Look<'_>) -> Checked {
    let start = Instant::now();
    let acm = Acm { gateway };
    let checked = match arn {
        Some(arn) => named::run(acm, arn, look),
        None => discovered::decide(catalogue(acm, look), look),
    };
    checked.timed(start)
}

fn catalogue(acm: Acm<'_>, look: &Look<'_>) -> Result<Catalogue, CallError> {
    let listed = acm.certificates()?;
    let (open, mut certificates): (Vec<Certificate>, Vec<Certificate>) = listed
        .into_iter()
        .partition(|certificate| needs_description(certificate, look));
    let mut unread = Vec::new();
    for some in open.chunks(AT_ONCE) {
        for (certificate, answer) in some.iter().zip(describe(acm, some)) {
            match answer {
                Ok(whole) => certificates.push(whole),
                // Deleted since it was listed: it is no candidate any more.
                Err(error) if error.class == ErrorClass::Absent => {}
                Err(error) => unread.push(Unread {
                    listed: certificate.clone(),
                    error,
                }),
            }
        }
    }
    Ok(Catalogue { certificates, unread })
}

/// Whether the list leaves open if and how the certificate covers the site.
#[must_use]
pub fn needs_description(certificate: &Certificate, look: &Look<'_>) -> bool {
    let stands = standing(certificate, look.now);
    match best_name(certificate, look.site.as_str()) {
        None => certificate.names_cut && !matches!(stands, Standing::Lost),
        Some(_) => matches!(stands, Standing::Unknown | Standing::Pending),
    }
}

fn describe(acm: Acm<'_>, some: &[Certificate]) -> Vec<Result<Certificate, CallError>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = some
            .iter()
            .map(|one| std::thread::Builder::new().spawn_scoped(scope, || acm.certificate(&one.arn)))
            .collect();
        // Without a thread of its own, a question is asked here.
        let answer = |(thread, one): (
            std::io::Result<std::thread::ScopedJoinHandle<'_, _>>,
            &Certificate,
        )| {
            thread
                .ok()
                .and_then(|thread| thread.join().ok())
                .unwrap_or_else(|| acm.certificate(&one.arn))
        };
        threads.into_iter().zip(some).map(answer).collect()
    })
}
