//! Check `dns-record`: the addresses that the site's name has today. None of it blocks the install.

use super::checked::Checked;
use crate::clients::dns::{DEADLINE, Lookup, look_up};
use crate::model::SiteDomain;
use crate::report::{Code, Finding, PreflightEvidence};
use std::net::SocketAddr;
use std::time::Instant;

/// The check's id.
pub const ID: &str = "dns-record";

/// Looks the site up, unless the user does not want it.
#[must_use]
pub fn run(wanted: bool, site: &SiteDomain, server: Option<SocketAddr>) -> Checked {
    if !wanted {
        return Finding::skip(ID, "Not asked: `--dns-check false`.").into();
    }
    let start = Instant::now();
    decide(look_up(site.as_str(), server, DEADLINE), site, server).timed(start)
}

/// Judges what DNS said.
#[must_use]
pub fn decide(found: Lookup, site: &SiteDomain, server: Option<SocketAddr>) -> Checked {
    let seen = |addresses: Vec<String>| PreflightEvidence {
        dns_a_record: Some(addresses),
        ..PreflightEvidence::default()
    };
    match found {
        Lookup::Absent => Checked::from(Finding::pass(
            ID,
            format!("`{site}` has no address in DNS yet, as expected before an install."),
        ))
        .seen(seen(Vec::new())),
        Lookup::Present(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            let message = format!(
                "`{site}` already has an address in DNS: {}. Install will want to point it to its own load balancer.",
                addresses.join(", ")
            );
            Checked::from(Finding::pass(ID, message)).seen(seen(addresses))
        }
        Lookup::Unknown(reason) => {
            let (whom, remedy) = match server {
                Some(server) => (
                    format!("the DNS server {server}"),
                    format!(
                        "`dig @{} -p {} {site}` shows what it says; or leave `--dns-server` out.",
                        server.ip(),
                        server.port()
                    ),
                ),
                None => (
                    "this machine's DNS".to_owned(),
                    format!(
                        "`dig {site}` shows what it says; or name a resolver: `--dns-server 1.1.1.1`. `--dns-check false` leaves the question out."
                    ),
                ),
            };
            let message = format!("Whether `{site}` has an address is unknown: asked of {whom}, {reason}.");
            Finding::warn(ID, Code::DnsUnknown, message).remedy(remedy).into()
        }
    }
}
