//! The NAT gateways: the quota is one of each zone, and eksctl chooses the zone of the one that it makes.

use super::ask::{self, Answers};
use super::judge::{self, Question, Quota};
use super::{NAT_GATEWAYS, Plan};
use crate::clients::Asker;
use crate::report::Finding;
use crate::steps::preflight::checked::Checked;
use std::collections::BTreeMap;

/// Judges it.
pub(super) fn decide(plan: &Plan<'_>, answers: &Answers, asker: &Asker<'_>) -> Checked {
    let limit = answers.limit(ask::NAT_GATEWAYS);
    let value = limit
        .as_ref()
        .ok()
        .copied()
        .flatten()
        .map_or(0.0, |limit| limit.value);
    let (used, unsure) = match (&answers.nat_gateways, &answers.subnet_zones) {
        (None, _) => return Finding::skip(NAT_GATEWAYS, "Not asked.").into(),
        (Some(Err(error)), _) | (_, Some(Err(error))) => (Err(error.clone()), None),
        // So few that even all in one zone leave room there.
        (Some(Ok(all)), None) => (Ok(all.len() as u64), None),
        (Some(Ok(all)), Some(Ok(zone_of))) => {
            let (used, unsure) = by_zone(all, zone_of, plan, value);
            (Ok(used), unsure)
        }
    };
    let question = Question {
        quota: Quota {
            id: NAT_GATEWAYS,
            service: "vpc",
            code: ask::NAT_GATEWAYS,
            name: "NAT gateways in a zone".to_owned(),
            unit: "gateway",
            listing: "ec2 describe-nat-gateways",
        },
        limit: &limit,
        used,
        needed: 1,
        headroom: 0,
        detail: String::new(),
        unsure,
        way_out: None,
    };
    judge::decide(&question, asker)
}

/// The gateways of the fullest zone, with why that may not matter; or, where all zones are full, of the freest.
fn by_zone(
    gateways: &[String],
    zone_of: &BTreeMap<String, String>,
    plan: &Plan<'_>,
    limit: f64,
) -> (u64, Option<String>) {
    let mut zones: BTreeMap<&str, u32> = BTreeMap::new();
    for zone in plan.zones.iter().flatten() {
        zones.insert(zone, 0);
    }
    // A gateway whose subnet is gone meanwhile fills no zone.
    for zone in gateways.iter().filter_map(|subnet| zone_of.get(subnet)) {
        *zones.entry(zone).or_default() += 1;
    }
    let full = |count: u32| f64::from(count) + 1.0 > limit;
    let fullest = zones.values().copied().max().unwrap_or_default();
    let freest = zones.values().copied().min().unwrap_or_default();
    // Without the type's zones, a zone without gateways does not show.
    let has_room = !full(freest) || plan.zones.is_err();
    if !full(fullest) {
        return (fullest.into(), None);
    }
    if !has_room {
        return (freest.into(), None);
    }
    let named: Vec<&str> = zones
        .iter()
        .filter(|(_, count)| full(**count))
        .map(|(zone, _)| *zone)
        .collect();
    let unsure = format!(
        "That matters only if eksctl, which chooses the zone itself, chooses {}.",
        named.join(" or ")
    );
    (fullest.into(), Some(unsure))
}
