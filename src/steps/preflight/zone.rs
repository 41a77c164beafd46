//! Check `route53-zone`: the public zone that holds the root domain, or its nearest parent.

use super::checked::{Checked, unknown};
use super::inputs::DnsProvider;
use crate::clients::aws::Route53;
use crate::clients::aws::route53::HostedZone;
use crate::clients::{Asker, CallError, explain::quoted};
use crate::gateway::Gateway;
use crate::model::{RootDomain, SiteDomain};
use crate::report::{Code, Finding, PreflightEvidence};
use std::time::Instant;

/// The check's id.
pub const ID: &str = "route53-zone";

/// What there is for a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A public zone; `twins` are other public zones of the same name.
    Public {
        /// The one with the smallest ID.
        zone: HostedZone,
        /// The others.
        twins: Vec<HostedZone>,
    },
    /// Only private zones.
    Private {
        /// The nearest one's name.
        name: String,
    },
    /// Nothing.
    Absent,
}

/// Chooses among `zones` for `domain`: nearest by labels, public only. A zone of one label (a top-level domain)
/// never counts.
#[must_use]
pub fn choose(zones: &[HostedZone], domain: &str) -> Choice {
    let mut private = None;
    for name in names_upward(domain) {
        let (inside, public): (Vec<&HostedZone>, Vec<&HostedZone>) = zones
            .iter()
            .filter(|zone| zone.name == name)
            .partition(|zone| zone.private);
        let mut public: Vec<HostedZone> = public.into_iter().cloned().collect();
        public.sort_by(|one, other| one.id.cmp(&other.id));
        // Pages that shift while they are read name a zone twice: that is no twin.
        public.dedup_by(|one, other| one.id == other.id);
        if !public.is_empty() {
            let zone = public.remove(0);
            return Choice::Public { zone, twins: public };
        }
        if private.is_none() {
            private = inside.first().map(|zone| zone.name.clone());
        }
    }
    private.map_or(Choice::Absent, |name| Choice::Private { name })
}

/// `a.b.c`, `b.c`: the domain and its parents with two labels or more.
pub fn names_upward(domain: &str) -> impl Iterator<Item = String> {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    std::iter::successors(Some(domain), |name| {
        name.split_once('.').map(|(_, parent)| parent.to_owned())
    })
    .take_while(|name| name.contains('.'))
}

/// Looks for the zone. Gives the public ones of the nearest name too, the chosen one first.
#[must_use]
pub fn run(
    gateway: &dyn Gateway,
    root: &RootDomain,
    site: &SiteDomain,
    provider: Option<DnsProvider>,
    asker: &Asker<'_>,
) -> (Checked, Vec<HostedZone>) {
    let start = Instant::now();
    if provider == Some(DnsProvider::External) {
        let message = format!("Not asked: `--dns-provider external` says that `{root}` is hosted elsewhere.");
        return (Finding::skip(ID, message).into(), Vec::new());
    }
    let zones = Route53 { gateway }.zones();
    let candidates = match zones.as_deref().map(|zones| choose(zones, root.as_str())) {
        Ok(Choice::Public { zone, twins }) => std::iter::once(zone).chain(twins).collect(),
        _ => Vec::new(),
    };
    (
        decide(zones, root, site, provider, asker).timed(start),
        candidates,
    )
}

/// Of several public zones of one name, `zone` is the one that the internet asks.
#[must_use]
pub fn settled(zone: &HostedZone, all: &[HostedZone], asker: &Asker<'_>) -> Checked {
    let others: Vec<&str> = all
        .iter()
        .map(|other| other.id.as_str())
        .filter(|id| *id != zone.id)
        .collect();
    let message = format!(
        "There are {} public Route53 zones named `{}`. The internet asks {}, which is used; nobody sees what stands in {}.",
        all.len(),
        zone.name,
        zone.id,
        others.join(", ")
    );
    let finding = Finding::warn(ID, Code::Route53ZoneAmbiguous, message).remedy(format!(
        "Delete the zones that nothing points to, after a look into them: `aws route53 list-resource-record-sets --hosted-zone-id {}{}`.",
        others.first().map_or("ID", |id| id.trim_start_matches("/hostedzone/")),
        asker.flag()
    ));
    Checked::from(finding).seen(seen(zone))
}

fn seen(zone: &HostedZone) -> PreflightEvidence {
    PreflightEvidence {
        route53_zone_id: Some(zone.id.clone()),
        route53_zone_name: Some(zone.name.clone()),
        ..PreflightEvidence::default()
    }
}

/// Judges the account's zones.
#[must_use]
pub fn decide(
    zones: Result<Vec<HostedZone>, CallError>,
    root: &RootDomain,
    site: &SiteDomain,
    provider: Option<DnsProvider>,
    asker: &Asker<'_>,
) -> Checked {
    let zones = match zones {
        Ok(zones) => zones,
        Err(error) => {
            let mut finding = unknown(ID, &format!("Whether Route53 hosts `{root}`"), &error, asker);
            if provider.is_none() {
                let remedy = finding.remediation.unwrap_or_default();
                finding.remediation = Some(format!(
                    "{remedy} If `{root}` is hosted elsewhere: `--dns-provider external`."
                ));
            }
            return finding.into();
        }
    };
    let (code, message) = match choose(&zones, root.as_str()) {
        Choice::Public { zone, twins } => return found(&zone, &twins, &zones, root, site, asker),
        Choice::Private { name } => (
            Code::Route53ZonePrivate,
            format!(
                "The only Route53 zone for `{root}` is the private zone `{name}`, which the internet does not see."
            ),
        ),
        Choice::Absent => (
            Code::NoRoute53Zone,
            format!("This account has no public Route53 zone for `{root}` or a parent of it."),
        ),
    };
    if provider == Some(DnsProvider::Route53) {
        return Finding::fail(ID, code, format!("{message} `--dns-provider route53` asks for one."))
            .remedy(format!(
                "{} Then set the name servers that it prints where `{root}` is registered. Or, if it is hosted elsewhere: `--dns-provider external`.",
                create(root, asker)
            ))
            .into();
    }
    Finding::warn(ID, code, format!("{message} You must make the DNS record of `{site}` by hand."))
        .remedy(format!(
            "After the install, make a CNAME record `{site}` that points to the load balancer's name, where `{root}` is hosted. To have it made automatically instead: {}",
            create(root, asker)
        ))
        .into()
}

fn create(root: &RootDomain, asker: &Asker<'_>) -> String {
    format!(
        "`aws route53 create-hosted-zone --name {} --caller-reference \"$(date +%s)\"{}`.",
        quoted(root.as_str()),
        asker.flag()
    )
}

fn found(
    zone: &HostedZone,
    twins: &[HostedZone],
    zones: &[HostedZone],
    root: &RootDomain,
    site: &SiteDomain,
    asker: &Asker<'_>,
) -> Checked {
    let whose = if zone.name.eq_ignore_ascii_case(root.as_str()) {
        format!("The public Route53 zone `{}` ({})", zone.name, zone.id)
    } else {
        format!(
            "`{root}` has no zone of its own; the public Route53 zone of its parent `{}` ({})",
            zone.name, zone.id
        )
    };
    // The zone nearest to the site answers for it, if it is delegated: a record in the chosen one may not be seen.
    let nearer = names_upward(site.as_str())
        .take_while(|name| *name != zone.name)
        .find_map(|name| zones.iter().find(|other| !other.private && other.name == name));
    let finding = if !twins.is_empty() {
        let ids: Vec<&str> = twins.iter().map(|twin| twin.id.as_str()).collect();
        let message = format!(
            "There are {} public Route53 zones named `{}`: {} was chosen, beside {}. Only the one that the domain's registration points to is seen by the internet.",
            twins.len() + 1,
            zone.name,
            zone.id,
            ids.join(", ")
        );
        Finding::warn(ID, Code::Route53ZoneAmbiguous, message).remedy(format!(
            "Compare `dig +short NS {}` with `aws route53 get-hosted-zone --id {}{}`, and delete the zones that nothing points to.",
            zone.name, zone.id, asker.flag()
        ))
    } else if let Some(nearer) = nearer {
        let message = format!(
            "{whose} holds the root domain, but the public zone `{}` ({}) is nearer to the site `{site}`: if it is delegated, only a record made there is seen.",
            nearer.name, nearer.id
        );
        Finding::warn(ID, Code::Route53ZoneAmbiguous, message).remedy(format!(
            "`dig +short NS {}` shows whether it is delegated; if it is, make the record of `{site}` in {} by hand, after the install.",
            nearer.name, nearer.id
        ))
    } else {
        Finding::pass(
            ID,
            format!("{whose} holds the site: DNS records can be made automatically."),
        )
    };
    Checked::from(finding).seen(seen(zone))
}
