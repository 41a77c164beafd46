//! Check `dns-record`: what the site's name points at today, in our zone and in DNS. Install never replaces a record
//! that is not its own: where one stands in the zone, it would end there after most of an hour.

use super::checked::{Checked, unknown};
use crate::clients::aws::route53::{HostedZone, SiteRecord};
use crate::clients::dns::{DEADLINE, Lookup, look_up};
use crate::clients::explain::quoted;
use crate::clients::{Asker, CallError};
use crate::model::{ClusterName, Namespace, SiteDomain, balancer_name, is_balancer_called};
use crate::report::{Code, Finding, PreflightEvidence};
use std::net::SocketAddr;

/// The check's id.
pub const ID: &str = "dns-record";

/// What the zone that install would write into holds for the site.
#[derive(Clone, Debug)]
pub struct ZoneRecords {
    /// The zone.
    pub zone: HostedZone,
    /// Its address records of the site's name.
    pub found: Result<Vec<SiteRecord>, CallError>,
}

/// Whose record it would be.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The name.
    pub name: &'a SiteDomain,
    /// The cluster, after which install names its load balancer.
    pub cluster: &'a ClusterName,
    /// The namespace, likewise.
    pub namespace: &'a Namespace,
    /// The resolver; none is the system's.
    pub server: Option<SocketAddr>,
    /// On whose behalf.
    pub asker: Asker<'a>,
}

/// Looks the site up, unless the user does not want it.
#[must_use]
pub fn look(wanted: bool, site: &SiteDomain, server: Option<SocketAddr>) -> Option<Lookup> {
    wanted.then(|| look_up(site.as_str(), server, DEADLINE))
}

/// Judges what DNS said (none: not asked) and what the zone holds (none: no zone is ours to write).
#[must_use]
pub fn decide(found: Option<Lookup>, records: Option<&ZoneRecords>, site: &Site<'_>) -> Checked {
    let Some(found) = found else {
        return Finding::skip(ID, "Not asked: `--dns-check false`.").into();
    };
    let mut seen = PreflightEvidence::default();
    match &found {
        Lookup::Present(addresses) => {
            seen.dns_a_record = Some(addresses.iter().map(ToString::to_string).collect());
        }
        Lookup::Absent => seen.dns_a_record = Some(Vec::new()),
        Lookup::Unknown(_) => {}
    }
    let finding = match records {
        None => of_dns(&found, site),
        Some(ZoneRecords {
            zone,
            found: Err(error),
        }) => {
            let what = format!("What the zone `{}` holds for `{}`", zone.name, site.name);
            unknown(ID, &what, error, &site.asker)
        }
        Some(ZoneRecords {
            zone,
            found: Ok(records),
        }) => {
            seen.site_record = Some(texts(records));
            match (records.as_slice(), &found) {
                ([], Lookup::Present(addresses)) => beside(zone, addresses.len(), &seen, site),
                ([], _) => of_dns(&found, site),
                (records, _) => of_records(zone, records, site),
            }
        }
    };
    Checked::from(finding).seen(seen)
}

/// What DNS alone says.
fn of_dns(found: &Lookup, site: &Site<'_>) -> Finding {
    let (name, server) = (site.name, site.server);
    match found {
        Lookup::Absent => Finding::pass(
            ID,
            format!("`{name}` has no address in DNS yet, as expected before an install."),
        ),
        Lookup::Present(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            Finding::pass(
                ID,
                format!(
                    "`{name}` already has an address in DNS: {}. After the install it must point to the install's own load balancer.",
                    addresses.join(", ")
                ),
            )
        }
        Lookup::Unknown(reason) => {
            let other = match server {
                Some(_) => "or leave `--dns-server` out.",
                None => {
                    "or name a resolver: `--dns-server 1.1.1.1`. `--dns-check false` leaves the question out."
                }
            };
            let message = format!(
                "Whether `{name}` has an address is unknown: asked of {}, {reason}.",
                resolver_words(server)
            );
            let shows = dig(server, name.as_str());
            Finding::warn(ID, Code::DnsUnknown, message)
                .remedy(format!("`{shows}` shows what it says; {other}"))
        }
    }
}

/// DNS has an address that is not from a record of this name in the zone.
fn beside(zone: &HostedZone, count: usize, seen: &PreflightEvidence, site: &Site<'_>) -> Finding {
    let addresses = seen.dns_a_record.as_deref().unwrap_or_default().join(", ");
    let message = format!(
        "`{}` has {count} address{} in DNS ({addresses}), and the zone `{}` ({}) holds no record of that name: a wildcard, a nearer zone or other name servers answer for it. Only with a wildcard will install's record be seen.",
        site.name,
        if count == 1 { "" } else { "es" },
        zone.name,
        zone.id
    );
    Finding::warn(ID, Code::DnsRecordForeign, message).remedy(format!(
        "`{}` shows who answers. If it is not this zone, choose a name that it holds with `--domain`.",
        dig(site.server, &format!("+trace {}", site.name))
    ))
}

/// The zone holds records of the name already.
fn of_records(zone: &HostedZone, records: &[SiteRecord], site: &Site<'_>) -> Finding {
    let name = site.name;
    let targets: Vec<&str> = records
        .iter()
        .flat_map(|record| &record.values)
        .map(String::as_str)
        .collect();
    let balancers = !targets.is_empty()
        && records
            .iter()
            .all(|record| record.alias || record.kind == "CNAME")
        && targets.iter().all(|target| is_balancer(target));
    let own = balancer_name(site.cluster, site.namespace);
    let is_own = |target: &&str| is_balancer_called(target, &own, site.asker.region);
    if balancers && targets.iter().all(is_own) {
        return Finding::pass(
            ID,
            format!(
                "`{name}` points at the load balancer {}, named as this installation's own is.",
                targets[0]
            ),
        );
    }
    if balancers {
        let message = format!(
            "`{name}` points at the load balancer {}, which is not named as this installation's own (`{own}`). Install updates the record only if it is its own.",
            targets[0]
        );
        return Finding::warn(ID, Code::DnsRecordForeign, message).remedy(removal(zone, records, site));
    }
    let message = format!(
        "The zone `{}` ({}) already holds a record of `{name}` that is no load balancer's: {}. Install never replaces a record that is not its own, and would end there.",
        zone.name,
        zone.id,
        texts(records).join(", ")
    );
    Finding::fail(ID, Code::DnsRecordForeign, message).remedy(removal(zone, records, site))
}

fn removal(zone: &HostedZone, records: &[SiteRecord], site: &Site<'_>) -> String {
    let changes: Option<Vec<&str>> = records.iter().map(|record| record.removal.as_deref()).collect();
    let id = zone.id.trim_start_matches("/hostedzone/");
    let flag = site.asker.flag();
    changes.map_or_else(
        || {
            format!(
                "Choose another name with `--domain`. The record follows a routing policy: `aws route53 list-resource-record-sets --hosted-zone-id {id} --start-record-name {} --max-items 10{flag}` shows it whole; if nobody needs it, remove it in the Route53 console.",
                site.name
            )
        },
        |changes| {
            let batch = format!("{{\"Changes\":[{}]}}", changes.join(","));
            format!(
                "Choose another name with `--domain`; or, if nobody needs the record, remove it: `aws route53 change-resource-record-sets --hosted-zone-id {id} --change-batch {}{flag}`.",
                quoted(&batch)
            )
        },
    )
}

/// `TYPE VALUE` of each value.
fn texts(records: &[SiteRecord]) -> Vec<String> {
    let one = |record: &SiteRecord| -> Vec<String> {
        match record.values.as_slice() {
            [] => vec![format!("{} (of a traffic policy)", record.kind)],
            values => values
                .iter()
                .map(|value| format!("{} {value}", record.kind))
                .collect(),
        }
    };
    records.iter().flat_map(one).collect()
}

/// `NAME.REGION.elb.amazonaws.com`, and `NAME.elb.REGION.amazonaws.com` of network load balancers.
fn is_balancer(target: &str) -> bool {
    let stem = target
        .strip_suffix(".amazonaws.com")
        .or_else(|| target.strip_suffix(".amazonaws.com.cn"));
    stem.is_some_and(|stem| stem.split('.').skip(1).any(|label| label == "elb"))
}

/// Whom DNS was asked of, in words.
#[must_use]
pub fn resolver_words(server: Option<SocketAddr>) -> String {
    server.map_or_else(
        || "this machine's DNS".to_owned(),
        |server| format!("the DNS server {server}"),
    )
}

/// A `dig` that asks the same resolver.
#[must_use]
pub fn dig(server: Option<SocketAddr>, question: &str) -> String {
    server.map_or_else(
        || format!("dig {question}"),
        |server| format!("dig @{} -p {} {question}", server.ip(), server.port()),
    )
}
