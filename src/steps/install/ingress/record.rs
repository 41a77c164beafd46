//! Step `site-record`: the site's name leads to its load balancer, by an alias record in the account's zone; or install
//! says which record is to be made by hand.
//!
//! Whose a record is. Route53 has no tags for records, and a TXT record beside it, as external-dns makes one, would be
//! one more thing in somebody's zone, and would say nothing of the records that earlier installers made. So a record is
//! install's own if it is an alias to a load balancer of the very name that install gives its own, in the region. Such a
//! name is another's in another account alone: where the load balancer that it leads to is not the one here, DNS is
//! asked whether it still answers. If it does, it lives elsewhere, and the record is foreign.

use crate::clients::CallError;
use crate::clients::aws::elbv2::Balancer;
use crate::clients::aws::route53::SiteRecord;
use crate::clients::aws::route53::changes::{ChangeInfo, alias_batch, change_ask, parse_change};
use crate::clients::aws::{Elbv2, Route53};
use crate::clients::call::or_absent;
use crate::clients::dns::Lookup;
use crate::clients::explain::quoted;
use crate::model::balancer::plain_name;
use crate::model::{Phase, is_balancer_called};
use crate::report::{Code, RecordEvidence, StepAction};
use crate::steps::install::together::side_by_side;
use crate::steps::install::{Decision, Desired, Dns, Look, Step, Stop, Waiting, Waits, World, Write};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// The step. It keeps the number of the change that it made: Route53 tells it once.
#[derive(Default)]
pub struct SiteRecordStep {
    change: Mutex<Option<ChangeInfo>>,
}

/// Whether the load balancer that a record leads to still answers in DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The record does not lead to a load balancer that could be install's own; or to the one that is here.
    Plain,
    /// It is gone.
    Gone,
    /// It answers, and is not in this account's region.
    Lives,
    /// DNS did not say; why.
    Unknown(String),
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The site's load balancer.
    pub balancer: Option<Balancer>,
    /// The zone's address records of the site; none where the zone is gone.
    pub records: Option<Vec<SiteRecord>>,
    /// What is known of where they lead.
    pub target: Target,
    /// The change of this run, as it is now.
    pub change: Option<ChangeInfo>,
}

impl Step for SiteRecordStep {
    fn id(&self) -> &'static str {
        "site-record"
    }

    fn phase(&self) -> Phase {
        Phase::Ingress
    }

    fn after(&self) -> &'static [&'static str] {
        &["site-ingress"]
    }

    fn waits(&self) -> Waits {
        Waits::new(45, 10 * 60, 1)
    }

    fn glance(&self, world: &World<'_>) -> Result<Option<Waiting>, CallError> {
        let Some(known) = self.known().filter(|change| !change.in_sync) else {
            return Ok(None);
        };
        let route53 = Route53 {
            gateway: world.gateway,
        };
        let change = route53.change(&known.id)?;
        let still = !change.in_sync;
        self.keep(change);
        Ok(still.then(|| on_its_way(world.desired).into()))
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let seen = observe(world, self.known().as_ref())?;
        seen.change.iter().for_each(|change| self.keep(change.clone()));
        let decision = decide(world.desired, &seen);
        let record = told(world.desired, &seen);
        Ok(Look::of(decision).telling(move |evidence, _| {
            evidence.ingress().record.clone_from(&record);
        }))
    }

    fn wrote(&self, answer: &[u8]) {
        // An answer without its number is no failure: the record itself is looked at next.
        if let Ok(change) = parse_change(answer) {
            self.keep(change);
        }
    }
}

impl SiteRecordStep {
    fn known(&self) -> Option<ChangeInfo> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, change: ChangeInfo) {
        *self.change.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }
}

fn on_its_way(desired: &Desired) -> String {
    format!(
        "the record of `{}` to be on all name servers of Route53",
        desired.site.domain
    )
}

fn observe(world: &World<'_>, change: Option<&ChangeInfo>) -> Result<Seen, CallError> {
    let (desired, gateway) = (world.desired, world.gateway);
    let balancer = || Elbv2 { gateway }.balancer(&desired.balancer());
    let Dns::Route53 { zone_id, .. } = &desired.site.dns else {
        return Ok(Seen {
            balancer: balancer()?,
            records: Some(Vec::new()),
            target: Target::Plain,
            change: None,
        });
    };
    let route53 = Route53 { gateway };
    let records = || route53.records(zone_id, desired.site.domain.as_str());
    // The number of this run's own change is known before: it is asked for beside the rest.
    let change = || match change {
        Some(change) if !change.in_sync => route53.change(&change.id).map(Some),
        change => Ok(change.cloned()),
    };
    let ((balancer, records), change) = side_by_side(|| side_by_side(balancer, records), change);
    let (balancer, records) = (balancer?, or_absent(records, &["NoSuchHostedZone"])?);
    let target = match records.as_deref() {
        Some([record]) => target(world, record, balancer.as_ref()),
        _ => Target::Plain,
    };
    Ok(Seen {
        balancer,
        records,
        target,
        change: change?,
    })
}

/// Whether the record is an alias to a load balancer of install's own name.
fn could_be_own<'a>(desired: &Desired, record: &'a SiteRecord) -> Option<&'a str> {
    let [value] = record.values.as_slice() else {
        return None;
    };
    let own = record.kind == "A"
        && record.alias
        && record.removal.is_some()
        && is_balancer_called(value, &desired.balancer(), &desired.target.region);
    own.then_some(value.as_str())
}

fn leads_to(value: &str, balancer: Option<&Balancer>) -> bool {
    balancer.is_some_and(|balancer| plain_name(&balancer.dns_name) == plain_name(value))
}

fn target(world: &World<'_>, record: &SiteRecord, balancer: Option<&Balancer>) -> Target {
    match could_be_own(world.desired, record) {
        Some(value) if !leads_to(value, balancer) => match world.outside.look_up(&plain_name(value)) {
            Lookup::Absent => Target::Gone,
            Lookup::Present(_) => Target::Lives,
            Lookup::Unknown(why) => Target::Unknown(why),
        },
        _ => Target::Plain,
    }
}

fn told(desired: &Desired, seen: &Seen) -> Option<RecordEvidence> {
    let balancer = seen.balancer.as_ref()?;
    let name = desired.site.domain.as_str().to_owned();
    Some(match &desired.site.dns {
        Dns::External => RecordEvidence {
            name,
            kind: "CNAME".to_owned(),
            value: balancer.dns_name.clone(),
            by_hand: true,
            ..RecordEvidence::default()
        },
        Dns::Route53 { zone_id, .. } => {
            let record = seen.records.as_deref()?.first()?;
            RecordEvidence {
                name,
                kind: record.kind.clone(),
                value: record.values.first()?.clone(),
                by_hand: false,
                zone_id: Some(zone_id.clone()),
                change_id: seen.change.as_ref().map(|change| change.id.clone()),
                in_sync: seen.change.as_ref().map(|change| change.in_sync),
            }
        }
    })
}

fn digested(desired: &Desired) -> Value {
    let (name, to) = (desired.site.domain.as_str(), desired.balancer());
    match &desired.site.dns {
        Dns::External => json!({"name": name, "madeBy": "hand", "loadBalancer": to}),
        Dns::Route53 { zone_id, .. } => {
            json!({"name": name, "zone": zone_id, "type": "A", "aliasTo": to})
        }
    }
}

/// What is to be done.
#[must_use]
pub fn decide(desired: &Desired, seen: &Seen) -> Decision {
    let Dns::Route53 { zone_id, zone_name } = &desired.site.dns else {
        return by_hand(desired, seen);
    };
    let (site, digest) = (&desired.site.domain, digested(desired));
    let blocked = |detail: &str, stop: Stop| Decision::blocked(detail, digest.clone(), vec![stop]);
    let Some(records) = &seen.records else {
        return blocked("the zone is gone", zone_gone(desired, zone_id, zone_name));
    };
    let name = desired.balancer();
    let place = format!("in the zone `{zone_name}` ({})", short(zone_id));
    let (replaced, action, detail) = match records.as_slice() {
        [] => (
            None,
            StepAction::Create,
            format!("the record A `{site}` {place}, an alias to the load balancer `{name}`"),
        ),
        [record] if is_right(record, seen.balancer.as_ref()) => {
            return standing(desired, seen, record, &place);
        }
        [record] if could_be_own(desired, record).is_some() => match &seen.target {
            Target::Gone => (
                Some(record),
                StepAction::Update,
                format!(
                    "the record A `{site}` {place}: alias {} → the load balancer `{name}`; the one that it leads to is gone",
                    record.values.join(", ")
                ),
            ),
            Target::Lives => {
                return blocked(
                    "the site's name leads to a load balancer elsewhere",
                    lives(desired, record, zone_id),
                );
            }
            unknown => {
                let why = match unknown {
                    Target::Unknown(why) => why.as_str(),
                    _ => "DNS was not asked",
                };
                return blocked(
                    "whose the site's record is can't be told",
                    untold(desired, record, why),
                );
            }
        },
        records => {
            return blocked(
                "the site's name has a record of somebody else's",
                foreign(desired, records, zone_id, zone_name),
            );
        }
    };
    let Some(balancer) = &seen.balancer else {
        // The plan names each command that will write; this one's document needs the load balancer's own name.
        let detail = format!("{detail}; once that is there, by `aws route53 change-resource-record-sets`");
        let mut decision = Decision::waiting(detail, digest, format!("the load balancer `{name}`"));
        decision.action = action;
        return decision;
    };
    let removal = replaced
        .and_then(|record| record.removal.as_deref())
        .and_then(|removal| serde_json::from_str(removal).ok());
    let batch = alias_batch(removal, site.as_str(), &balancer.dns_name, &balancer.zone_id);
    let write = Write::account(change_ask(zone_id, site.as_str(), &batch))
        .showing("change-batch.json")
        .exclusively();
    match replaced {
        None => Decision::create(detail, digest, vec![write]),
        Some(_) => Decision::update(detail, digest, vec![write]),
    }
}

/// Whether the record leads to the load balancer that is here: the alias that install makes, or a CNAME that somebody
/// made by hand.
fn is_right(record: &SiteRecord, balancer: Option<&Balancer>) -> bool {
    let kind = (record.kind == "A" && record.alias) || record.kind == "CNAME";
    kind && record.removal.is_some()
        && matches!(record.values.as_slice(), [value] if leads_to(value, balancer))
}

fn standing(desired: &Desired, seen: &Seen, record: &SiteRecord, place: &str) -> Decision {
    let site = &desired.site.domain;
    let detail = format!(
        "the record {} `{site}` {place} leads to the load balancer `{}`",
        record.kind,
        desired.balancer()
    );
    if seen.change.as_ref().is_some_and(|change| !change.in_sync) {
        return Decision::waiting(detail, digested(desired), on_its_way(desired));
    }
    let settled = Decision::settled(detail, digested(desired));
    // An alias tells nothing of who made it; a CNAME is never install's.
    if record.kind == "CNAME" {
        settled.adopting()
    } else {
        settled
    }
}

fn by_hand(desired: &Desired, seen: &Seen) -> Decision {
    let site = &desired.site.domain;
    if let Some(balancer) = &seen.balancer {
        Decision::settled(
            format!(
                "to be made by hand where the domain is hosted: `{site}` CNAME `{}`",
                balancer.dns_name
            ),
            digested(desired),
        )
    } else {
        let name = desired.balancer();
        let detail = format!(
            "nothing is written: `{site}` CNAME to the name of the load balancer `{name}` is to be made by hand where the domain is hosted"
        );
        Decision::waiting(detail, digested(desired), format!("the load balancer `{name}`"))
    }
}

fn short(zone: &str) -> &str {
    zone.trim_start_matches("/hostedzone/")
}

fn zone_gone(desired: &Desired, zone_id: &str, zone_name: &str) -> Stop {
    Stop::new(
        Code::NoRoute53Zone,
        format!(
            "The zone `{zone_name}` ({}) is no longer there: it was deleted since the preflight.",
            short(zone_id)
        ),
        format!(
            "Run the same command: it looks for the zone anew. Without one, `--dns-provider external` leaves the record of `{}` to you.",
            desired.site.domain
        ),
    )
}

/// `TYPE VALUE` of each value.
fn texts(records: &[SiteRecord]) -> String {
    let all: Vec<String> = records
        .iter()
        .map(|record| {
            let alias = if record.alias { " (alias)" } else { "" };
            let values = if record.values.is_empty() {
                "of a traffic policy".to_owned()
            } else {
                record.values.join(", ")
            };
            format!("{}{alias} {values}", record.kind)
        })
        .collect();
    all.join("; ")
}

/// The command that takes the records out of the zone; none where a routing policy has more to say.
fn removal(desired: &Desired, records: &[SiteRecord], zone_id: &str) -> String {
    let changes: Option<Vec<&str>> = records.iter().map(|record| record.removal.as_deref()).collect();
    let flag = desired.asker().flag();
    let (zone, site) = (short(zone_id), &desired.site.domain);
    changes.map_or_else(
        || {
            format!(
                "Choose another name with `--domain`. `aws route53 list-resource-record-sets --hosted-zone-id {zone} --start-record-name {site} --max-items 10{flag}` shows the record whole; if nobody needs it, remove it in the Route53 console."
            )
        },
        |changes| {
            let batch = format!("{{\"Changes\":[{}]}}", changes.join(","));
            format!(
                "Choose another name with `--domain`; or, if nobody needs the record, remove it: `aws route53 change-resource-record-sets --hosted-zone-id {zone} --change-batch {}{flag}`, then run the same command.",
                quoted(&batch)
            )
        },
    )
}

fn foreign(desired: &Desired, records: &[SiteRecord], zone_id: &str, zone_name: &str) -> Stop {
    Stop::new(
        Code::DnsRecordForeign,
        format!(
            "The zone `{zone_name}` ({}) holds a record of `{}` that is not install's own: {}. It is never replaced.",
            short(zone_id),
            desired.site.domain,
            texts(records)
        ),
        removal(desired, records, zone_id),
    )
}

fn lives(desired: &Desired, record: &SiteRecord, zone_id: &str) -> Stop {
    let records = std::slice::from_ref(record);
    Stop::new(
        Code::DnsRecordForeign,
        format!(
            "`{}` leads to a load balancer that is named as install's own, answers in DNS, and is not in this account: {}. A lakehouse of the same name stands elsewhere; its record is never replaced.",
            desired.site.domain,
            texts(records)
        ),
        format!(
            "If it was deleted a moment ago, its name answers for some minutes: run the same command then. {}",
            removal(desired, records, zone_id)
        ),
    )
}

fn untold(desired: &Desired, record: &SiteRecord, why: &str) -> Stop {
    Stop::new(
        Code::DnsUnknown,
        format!(
            "`{}` leads to a load balancer that is not in this account ({}); whether it still answers elsewhere is unknown: {why}.",
            desired.site.domain,
            record.values.join(", ")
        ),
        "Name a resolver that answers, `--dns-server 1.1.1.1`, and run the same command.",
    )
}
