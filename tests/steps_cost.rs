//! The cost estimate and the zones of the nodes' type: what install makes, and where its nodes can stand.

mod steps_support;

use lakehouse::clients::{CallError, ErrorClass};
use lakehouse::report::{CostEstimate, Finding};
use lakehouse::steps::preflight::cost::prices::TABLE;
use lakehouse::steps::preflight::cost::{self, Balancer};
use lakehouse::steps::preflight::instance_type;
use lakehouse::steps::preflight::making::Making;
use steps_support::{brief, inputs};

const NEW: Making = Making::Cluster { network: true };

fn estimate(making: Making, node_type: &str, region: &str) -> (Finding, Option<CostEstimate>) {
    estimate_with(making, Balancer::Public, node_type, region)
}

fn estimate_with(
    making: Making,
    balancer: Balancer,
    node_type: &str,
    region: &str,
) -> (Finding, Option<CostEstimate>) {
    let node_type = node_type.parse().unwrap();
    let mut checked = cost::decide(making, balancer, (&node_type, 2), &region.parse().unwrap());
    (checked.findings.remove(0), checked.evidence.cost_estimate)
}

#[test]
fn a_new_cluster_is_summed_up_and_marked_as_an_estimate() {
    let (finding, found) = estimate(NEW, "t3.large", "us-east-2");
    assert_eq!(
        finding.message,
        "What install makes costs about 271 USD a month: an estimate by list prices of 2026-09-21, without data transfer, S3, load and tax."
    );
    let found = found.unwrap();
    // 73 + 32.85 + 3.65 + 2 × 60.736 + 2 × 6.40 + 16.425 + 3 × 3.65, each line rounded to cents.
    assert_eq!((found.monthly, found.currency.as_str()), (271.15, "USD"));
    assert_eq!(found.prices_as_of, "2026-09-21");
    assert!(found.not_counted.iter().any(|it| it.contains("claims")));
    let sum: f64 = found.items.iter().map(|item| item.monthly).sum();
    assert!((sum - found.monthly).abs() < 0.005);
}

#[test]
fn an_existing_cluster_costs_only_what_is_new() {
    let monthly = |nodes| {
        let (_, found) = estimate(Making::Into { nodes }, "t3.large", "us-east-2");
        format!("{:.2}", found.unwrap().monthly)
    };
    assert_eq!(monthly(false), "27.38");
    assert_eq!(monthly(true), "161.65");
}

#[test]
fn what_this_install_does_not_make_costs_nothing() {
    let made = |making, balancer| {
        let (_, found) = estimate_with(making, balancer, "t3.large", "us-east-2");
        let items = found.unwrap().items;
        items
            .into_iter()
            .map(|item| item.what)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (gateway, balancer, address) = (
        "NAT gateway",
        "application load balancer",
        "public address of the load balancer",
    );
    for (making, kind, with, without) in [
        (NEW, Balancer::Public, vec![gateway, balancer, address], vec![]),
        (NEW, Balancer::Internal, vec![gateway, balancer], vec![address]),
        (
            NEW,
            Balancer::None,
            vec![gateway, "EKS control plane"],
            vec![balancer, address],
        ),
        (
            Making::Cluster { network: false },
            Balancer::Public,
            vec!["EKS control plane", address],
            vec![gateway],
        ),
    ] {
        let made = made(making, kind);
        assert!(
            with.iter().all(|what| made.contains(what)),
            "{making:?} {kind:?}: {made}"
        );
        assert!(
            !without.iter().any(|what| made.contains(what)),
            "{making:?} {kind:?}: {made}"
        );
    }
}

#[test]
fn a_price_that_is_not_in_the_table_is_not_guessed() {
    for (making, node_type, region, named) in [
        (NEW, "t3.large", "ap-southeast-4", "ap-southeast-4"),
        (NEW, "r5.large", "us-east-2", "r5.large"),
        (NEW, "m7i.large", "eu-central-1", "m7i.large"),
        (Making::Unknown, "t3.large", "us-east-2", "eks-cluster"),
    ] {
        let (finding, found) = estimate(making, node_type, region);
        assert_eq!(
            (brief(std::slice::from_ref(&finding), "cost").as_str(), found),
            ("Skip", None)
        );
        assert!(finding.message.contains(named), "{}", finding.message);
    }
    // Without new nodes their price is not needed.
    let (finding, _) = estimate(Making::Into { nodes: false }, "r5.large", "us-east-2");
    assert_eq!(brief(&[finding], "cost"), "Pass");
}

/// A slip of the decimal point in the table would be read as a price.
#[test]
fn the_table_is_plausible() {
    for prices in TABLE {
        let region = prices.region;
        assert!((0.04..0.1).contains(&prices.nat_gateway_hour), "{region}");
        assert!((0.02..0.05).contains(&prices.load_balancer_hour), "{region}");
        assert!((0.07..0.2).contains(&prices.gp3_month), "{region}");
        let large = prices.instance_hour("t3.large").unwrap();
        for (name, price) in prices.instances {
            let scale = match name.split('.').nth(1) {
                Some("medium") => 0.5,
                Some("large") => 1.0,
                _ => 2.0,
            };
            assert!((0.9..1.4).contains(&(price / scale / large)), "{region} {name}");
        }
    }
}

#[test]
fn a_type_in_one_zone_blocks_a_new_cluster_and_warns_of_an_existing_one() {
    let inputs = inputs();
    let judged = |zones: &[&str], making| {
        let zones = Ok(zones.iter().map(|zone| (*zone).to_owned()).collect());
        let checked = instance_type::decide(&zones, &inputs.node_type, making, &inputs.asker());
        let seen = checked.evidence.instance_type_zones.unwrap().len();
        (
            brief(&checked.findings, "instance-type"),
            seen,
            checked.findings[0].clone(),
        )
    };
    let (new, into) = (NEW, Making::Into { nodes: true });
    assert_eq!(judged(&["us-east-2a", "us-east-2b"], new).0, "Pass");
    let (one, seen, finding) = judged(&["us-east-2b"], new);
    assert_eq!((one.as_str(), seen), ("Fail INSTANCE_TYPE_ONE_ZONE", 1));
    assert!(
        finding.message.contains("one zone only, us-east-2b"),
        "{}",
        finding.message
    );
    assert!(
        finding
            .remediation
            .unwrap()
            .contains("--location-type availability-zone")
    );
    assert_eq!(
        judged(&["us-east-2b"], Making::Unknown).0,
        "Fail INSTANCE_TYPE_ONE_ZONE"
    );
    assert_eq!(judged(&["us-east-2b"], into).0, "Warn INSTANCE_TYPE_ONE_ZONE");
    assert_eq!(judged(&[], into).0, "Fail INSTANCE_TYPE_NOT_OFFERED");
    let denied = Err(CallError {
        purpose: "x".to_owned(),
        action: "ec2:DescribeInstanceTypeOfferings",
        class: ErrorClass::Denied,
        code: None,
        said: String::new(),
    });
    let checked = instance_type::decide(&denied, &inputs.node_type, new, &inputs.asker());
    assert_eq!(
        brief(&checked.findings, "instance-type"),
        "Fail AWS_ACCESS_DENIED"
    );
    assert_eq!(checked.evidence.instance_type_zones, None);
}
