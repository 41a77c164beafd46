//! Check `delegation`: the internet asks the Route53 zone's own name servers. In a zone that nobody asks, a record is
//! seen by nobody, and a certificate that is validated by DNS is never issued.

use super::checked::{Checked, unknown};
use super::dns_record::{dig, resolver_words};
use crate::clients::aws::route53::HostedZone;
use crate::clients::dns::NsLookup;
use crate::clients::{Asker, CallError};
use crate::report::preflight_evidence::DelegationEvidence;
use crate::report::{Code, Finding, PreflightEvidence};
use std::collections::BTreeSet;
use std::net::SocketAddr;

/// The check's id.
pub const ID: &str = "delegation";

/// What was asked about one zone.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The zone.
    pub zone: HostedZone,
    /// The name servers that Route53 gave it.
    pub own: Result<Vec<String>, CallError>,
    /// Those that DNS names for it.
    pub public: NsLookup,
    /// Whether both sides' name servers have an address in common: then the public ones are the zone's own under
    /// other names. Asked only where no name is in common.
    pub same_address: bool,
}

/// How two sets of name servers stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The same names.
    Same,
    /// Some are the same.
    Partly {
        /// The zone's own that DNS does not name.
        missing: Vec<String>,
        /// Those that DNS names and that are not the zone's.
        foreign: Vec<String>,
    },
    /// None is the same.
    Apart,
}

/// Holds the zone's own name servers against those that DNS names. Case and a last dot make no difference.
#[must_use]
pub fn compare(own: &[String], public: &[String]) -> Standing {
    let set = |names: &[String]| -> BTreeSet<String> {
        let plain = |name: &String| name.trim_end_matches('.').to_ascii_lowercase();
        names.iter().map(plain).collect()
    };
    let (own, public) = (set(own), set(public));
    if own == public {
        Standing::Same
    } else if own.is_disjoint(&public) {
        Standing::Apart
    } else {
        Standing::Partly {
            missing: own.difference(&public).cloned().collect(),
            foreign: public.difference(&own).cloned().collect(),
        }
    }
}

/// Judges it.
#[must_use]
pub fn decide(facts: &Facts, server: Option<SocketAddr>, asker: &Asker<'_>) -> Checked {
    let zone = &facts.zone.name;
    let own = match &facts.own {
        Ok(own) => own,
        Err(error) => {
            return unknown(
                ID,
                &format!("Which name servers the zone `{zone}` has"),
                error,
                asker,
            )
            .into();
        }
    };
    let public = match &facts.public {
        NsLookup::Present(public) => public.as_slice(),
        NsLookup::Absent => &[],
        NsLookup::Unknown(reason) => return unseen(zone, own, reason, server).into(),
    };
    Checked::from(judged(facts, own, public, server)).seen(PreflightEvidence {
        delegation: Some(DelegationEvidence {
            zone: zone.clone(),
            zone_name_servers: own.clone(),
            public_name_servers: public.to_vec(),
        }),
        ..PreflightEvidence::default()
    })
}

fn judged(facts: &Facts, own: &[String], public: &[String], server: Option<SocketAddr>) -> Finding {
    let HostedZone { name: zone, id, .. } = &facts.zone;
    let (count, all) = (own.len(), own.join(", "));
    match compare(own, public) {
        Standing::Same => Finding::pass(
            ID,
            format!("The internet asks the zone's own {count} name servers for `{zone}`."),
        ),
        Standing::Apart if facts.same_address => Finding::pass(
            ID,
            format!(
                "The internet asks the zone's own name servers for `{zone}`, under other names with the same addresses: {}.",
                public.join(", ")
            ),
        ),
        Standing::Partly { missing, foreign } => {
            let mut parts = vec![format!(
                "Of the {count} name servers of the zone `{zone}`, DNS names {}",
                count - missing.len()
            )];
            if !missing.is_empty() {
                parts.push(format!(", not {}", missing.join(", ")));
            }
            if !foreign.is_empty() {
                parts.push(format!(
                    "; beside them {} that are not the zone's: {}. Who asks those does not see the zone's records",
                    foreign.len(),
                    foreign.join(", ")
                ));
            }
            let message = parts.concat();
            Finding::warn(ID, Code::DomainNotDelegated, format!("{message}.")).remedy(format!(
                "Where `{zone}` is registered, name exactly these: {all}."
            ))
        }
        Standing::Apart => {
            let seen = if public.is_empty() {
                format!("`{zone}` is not delegated: DNS knows no name server for it")
            } else {
                format!(
                    "`{zone}` is delegated elsewhere: DNS names {} for it ({}), none of the zone's own {count}",
                    servers(public.len()),
                    public.join(", ")
                )
            };
            Finding::fail(
                ID,
                Code::DomainNotDelegated,
                format!(
                    "{seen}. What is written into the Route53 zone ({id}) is seen by nobody: not the site's record, and not the record that validates a certificate."
                ),
            )
            .remedy(format!(
                "Where `{zone}` is registered, or in the zone of its parent domain, enter these name servers: {all}. `{}` shows when it has arrived. If `{zone}` stays where it is: `--dns-provider external`, and make the records there.{}",
                dig(server, &format!("+short NS {zone}")),
                // A company's resolver, or a VPC's with a private zone, may have another answer than the internet.
                if server.is_none() { " Where this machine's DNS has names of its own: `--dns-server 1.1.1.1` asks the internet's." } else { "" }
            ))
        }
    }
}

fn servers(count: usize) -> String {
    format!("{count} name server{}", if count == 1 { "" } else { "s" })
}

fn unseen(zone: &str, own: &[String], reason: &str, server: Option<SocketAddr>) -> Finding {
    let message = format!(
        "Whether the internet asks the Route53 zone `{zone}` is unknown: asked of {}, {reason}.",
        resolver_words(server)
    );
    Finding::warn(ID, Code::DnsUnknown, message).remedy(format!(
        "`{}` shows what it says; it must name {}. A delegation to name servers that no longer hold the zone answers with SERVFAIL, too. Another resolver: `--dns-server 1.1.1.1`.",
        dig(server, &format!("NS {zone}")),
        own.join(", ")
    ))
}
