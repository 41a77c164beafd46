//! The zone, whom the internet asks for it, and what it holds for the site: asked one after the other where one needs
//! the other, side by side where not.

use super::checked::Checked;
use super::dns_record::ZoneRecords;
use super::inputs::{DnsProvider, PreflightInputs};
use super::run::{finish, start};
use super::{delegation, zone};
use crate::clients::aws::Route53;
use crate::clients::aws::route53::{HostedZone, SiteRecord};
use crate::clients::call::Ask;
use crate::clients::dns::{DEADLINE, Lookup, NsLookup, look_up, name_servers};
use crate::clients::{CallError, ErrorClass};
use crate::gateway::Gateway;
use crate::report::Finding;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// The most zones of one name, and the most name servers of one side, that are asked about.
const MOST: usize = 6;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Hosted {
    /// The checks `route53-zone` and `delegation`.
    pub checked: Checked,
    /// The zone's records of the site, for the check `dns-record`; none where no zone is ours to write, or DNS is not
    /// to be asked.
    pub records: Option<ZoneRecords>,
}

/// Asks all of it.
#[must_use]
pub fn run(gateway: &dyn Gateway, inputs: &PreflightInputs) -> Hosted {
    let asker = inputs.asker();
    let (root, site) = (&inputs.root_domain, &inputs.site_domain);
    let (mut checked, zones) = zone::run(gateway, root, site, inputs.dns_provider, &asker);
    let skipped = |why: &str| Finding::skip(delegation::ID, format!("Not asked: {why}."));
    let why = match zones.first() {
        _ if inputs.dns_provider == Some(DnsProvider::External) => Some("no zone of Route53 is used"),
        None => Some("the check `route53-zone` found no public zone"),
        Some(_) if !inputs.dns_check => Some("`--dns-check false`"),
        Some(_) => None,
    };
    let Some(first) = zones.first().filter(|_| why.is_none()) else {
        return Hosted {
            checked: checked.and(skipped(why.unwrap_or_default())),
            records: None,
        };
    };
    let started = Instant::now();
    let (facts, early) = ask(gateway, &zones, inputs);
    // Of several zones of one name the one that the internet asks is the one to write into, whatever its ID is.
    let seen = facts.iter().position(|facts| match (&facts.own, &facts.public) {
        (Ok(own), NsLookup::Present(public)) => {
            delegation::compare(own, public) == delegation::Standing::Same
        }
        _ => false,
    });
    let chosen = facts.get(seen.unwrap_or(0));
    let zone = chosen.map_or(first, |facts| &facts.zone);
    if zones.len() > 1 && seen.is_some() {
        let spent = checked.findings.first().map_or(0, |finding| finding.duration_ms);
        checked = zone::settled(zone, &zones, &asker).took(Duration::from_millis(spent));
    }
    if let Some(facts) = chosen {
        let judged = delegation::decide(facts, inputs.dns_server, &asker).timed(started);
        checked = checked.and(judged);
    }
    let found = early.unwrap_or_else(|| Route53 { gateway }.records(&zone.id, site.as_str()));
    let zone = zone.clone();
    Hosted {
        checked,
        records: Some(ZoneRecords { zone, found }),
    }
}

/// The records of the site, where they were asked for.
type Records = Option<Result<Vec<SiteRecord>, CallError>>;

/// Asks whom DNS names, which name servers each zone has, and, where there is one zone only, its records.
fn ask(
    gateway: &dyn Gateway,
    zones: &[HostedZone],
    inputs: &PreflightInputs,
) -> (Vec<delegation::Facts>, Records) {
    let client = Route53 { gateway };
    let server = inputs.dns_server;
    std::thread::scope(|scope| {
        let name = zones.first().map_or("", |zone| zone.name.as_str());
        let public = start(scope, move || name_servers(name, server, DEADLINE));
        let own: Vec<_> = zones
            .iter()
            .take(MOST)
            .map(|zone| (zone, start(scope, move || client.name_servers(&zone.id))))
            .collect();
        let records = match zones {
            [zone] => Some(client.records(&zone.id, inputs.site_domain.as_str())),
            _ => None,
        };
        let broken = || NsLookup::Unknown("the lookup broke off".to_owned());
        let public = finish(public, broken);
        let facts = own
            .into_iter()
            .map(|(zone, thread)| {
                let own = finish(thread, || Err(broken_off()));
                let same_address = same_address(&own, &public, server);
                delegation::Facts {
                    zone: zone.clone(),
                    own,
                    public: public.clone(),
                    same_address,
                }
            })
            .collect();
        (facts, records)
    })
}

/// Whether name servers without a name in common have an address in common: names of one's own for Route53's servers
/// are a thing that Route53 documents ("white-label name servers").
fn same_address(own: &Result<Vec<String>, CallError>, public: &NsLookup, server: Option<SocketAddr>) -> bool {
    let (Ok(own), NsLookup::Present(public)) = (own, public) else {
        return false;
    };
    if delegation::compare(own, public) != delegation::Standing::Apart {
        return false;
    }
    let (own, public) = std::thread::scope(|scope| {
        let own = start(scope, || addresses(own, server));
        let public = addresses(public, server);
        (finish(own, BTreeSet::new), public)
    });
    !own.is_disjoint(&public)
}

fn addresses(names: &[String], server: Option<SocketAddr>) -> BTreeSet<IpAddr> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = names
            .iter()
            .take(MOST)
            .map(|name| start(scope, move || look_up(name, server, DEADLINE)))
            .collect();
        let found = threads
            .into_iter()
            .map(|thread| finish(thread, || Lookup::Absent));
        found
            .filter_map(|found| match found {
                Lookup::Present(addresses) => Some(addresses),
                Lookup::Absent | Lookup::Unknown(_) => None,
            })
            .flatten()
            .collect()
    })
}

fn broken_off() -> CallError {
    let none: [&str; 0] = [];
    Ask::aws("read the zone's name servers", "route53:GetHostedZone", none).error(ErrorClass::Other)
}
