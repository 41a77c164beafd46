//! Check `cost`: what that which install makes costs a month, from a small dated table. An estimate, never a quote.

pub mod prices;

use super::checked::Checked;
use super::making::Making;
use crate::model::{NodeType, Region};
use crate::report::{CostEstimate, CostItem, Finding, PreflightEvidence};
use prices::{ADDRESS_HOUR, AS_OF, CONTROL_PLANE_HOUR, HOURS, Prices};

/// The check's id.
pub const ID: &str = "cost";

/// The volume of each node in GB: eksctl's default, of type gp3 (its schema.json at 0.230.0).
const VOLUME_GB: f64 = 80.0;
/// An address of the balancer in each zone of the cluster: eksctl makes three.
const BALANCER_ADDRESSES: f64 = 3.0;

/// What no table can tell before the install.
const NOT_COUNTED: [&str; 7] = [
    "nodes that Karpenter adds under load",
    "volumes of the charts' claims",
    "S3 storage and requests",
    "data transfer, and what the NAT gateway and the load balancer process",
    "public addresses of the nodes, where they have any",
    "the surcharge for a Kubernetes version in extended support",
    "logs, tax, support and discounts",
];

/// The load balancer of the site, as far as it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balancer {
    /// None is made: the install ends with a phase before it.
    None,
    /// It has addresses of the network only.
    Internal,
    /// It has public addresses.
    Public,
}

/// Sums up; `nodes` are their type and how many are asked for.
#[must_use]
pub fn decide(making: Making, balancer: Balancer, nodes: (&NodeType, u32), region: &Region) -> Checked {
    let (node_type, node_count) = nodes;
    if making == Making::Unknown {
        let reason = "Not estimated: what install would make is unknown, see the check `eks-cluster`.";
        return Finding::skip(ID, reason).into();
    }
    let Some(prices) = prices::of(region.as_str()) else {
        return Finding::skip(
            ID,
            format!("Not estimated: no price in the table of {AS_OF} for {region}."),
        )
        .into();
    };
    let nodes = making.nodes(node_count);
    let node_hour = prices.instance_hour(node_type.as_str());
    if nodes > 0 && node_hour.is_none() {
        let reason = format!("Not estimated: no price in the table of {AS_OF} for {node_type} in {region}.");
        return Finding::skip(ID, reason).into();
    }
    let items = items(
        (making, balancer),
        prices,
        (node_type, f64::from(nodes)),
        node_hour.unwrap_or_default(),
    );
    let estimate = CostEstimate {
        currency: "USD".to_owned(),
        monthly: cents(items.iter().map(|item| item.monthly).sum()),
        prices_as_of: AS_OF.to_owned(),
        items,
        not_counted: NOT_COUNTED.iter().map(|it| (*it).to_owned()).collect(),
    };
    let message = format!(
        "What install makes costs about {:.0} USD a month: an estimate by list prices of {AS_OF}, without data transfer, S3, load and tax.",
        estimate.monthly
    );
    Checked::from(Finding::pass(ID, message)).seen(PreflightEvidence {
        cost_estimate: Some(estimate),
        ..PreflightEvidence::default()
    })
}

fn items(
    (making, balancer): (Making, Balancer),
    prices: &Prices,
    (node_type, nodes): (&NodeType, f64),
    node_hour: f64,
) -> Vec<CostItem> {
    let mut items = Vec::new();
    let mut add = |what: String, count: f64, each: f64| {
        items.push(CostItem {
            what,
            count,
            each: cents(each),
            monthly: cents(count * each),
        });
    };
    if let Making::Cluster { network } = making {
        add("EKS control plane".to_owned(), 1.0, CONTROL_PLANE_HOUR * HOURS);
        if network {
            add("NAT gateway".to_owned(), 1.0, prices.nat_gateway_hour * HOURS);
            add(
                "public address of the NAT gateway".to_owned(),
                1.0,
                ADDRESS_HOUR * HOURS,
            );
        }
    }
    if nodes > 0.0 {
        add(format!("node {node_type}"), nodes, node_hour * HOURS);
        add(
            format!("node volume, {VOLUME_GB} GB gp3"),
            nodes,
            prices.gp3_month * VOLUME_GB,
        );
    }
    if balancer != Balancer::None {
        add(
            "application load balancer".to_owned(),
            1.0,
            prices.load_balancer_hour * HOURS,
        );
    }
    if balancer == Balancer::Public {
        add(
            "public address of the load balancer, one a zone".to_owned(),
            BALANCER_ADDRESSES,
            ADDRESS_HOUR * HOURS,
        );
    }
    items
}

/// Rounded to cents, so that no figure claims to be more exact.
fn cents(usd: f64) -> f64 {
    (usd * 100.0).round() / 100.0
}
