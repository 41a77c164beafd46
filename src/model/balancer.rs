//! The name of an installation's load balancer, and how its DNS name is known again.

use super::installation::short_hash;
use super::{ClusterName, Namespace, Region};

/// What `ELBv2` takes at most (facts: `aws-facts.md`, section 4).
const MOST: usize = 32;
/// The namespace that nobody has to name.
const USUAL: &str = "ingext";

/// The load balancer of the lakehouse in `namespace` of `cluster`: 32 letters, digits and `-` at most, the same at
/// each run. `albingext<cluster>ingress` (facts: `charts.md`) where the namespace is the usual one and that fits as it
/// is; else a beginning to read and a hash of both names, since a name that is cut, or written in small letters, may be
/// another's too.
#[must_use]
pub fn balancer_name(cluster: &ClusterName, namespace: &Namespace) -> String {
    let plain = format!("albingext{cluster}ingress");
    let is_small = !plain.bytes().any(|byte| byte.is_ascii_uppercase());
    if namespace.as_str() == USUAL && is_small && plain.len() <= MOST {
        return plain;
    }
    let hash = short_hash(&format!("{cluster}/{namespace}"));
    let hash = hash.get(..8).unwrap_or(&hash);
    let whole = format!("alb-{namespace}-{cluster}").to_ascii_lowercase();
    let kept: String = whole.chars().take(MOST - hash.len() - 1).collect();
    format!("{}-{hash}", kept.trim_end_matches('-'))
}

/// Whether `dns` is the DNS name of a load balancer called `name` in `region`: `NAME-NUMBER.REGION.elb.amazonaws.com`,
/// with or without `dualstack.` and `internal-` before it.
#[must_use]
pub fn is_balancer_called(dns: &str, name: &str, region: &Region) -> bool {
    let dns = plain_name(dns);
    let dns = dns.strip_prefix("internal-").unwrap_or(&dns);
    let rest = dns.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
    let Some((number, place)) = rest.and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let of_region = place
        .strip_prefix(region.as_str())
        .is_some_and(|rest| matches!(rest, ".elb.amazonaws.com" | ".elb.amazonaws.com.cn"));
    digits && of_region
}

/// A load balancer's DNS name in small letters, without a dot at the end and without `dualstack.`.
#[must_use]
pub fn plain_name(dns: &str) -> String {
    let dns = dns.strip_suffix('.').unwrap_or(dns).to_ascii_lowercase();
    match dns.strip_prefix("dualstack.") {
        Some(rest) => rest.to_owned(),
        None => dns,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(cluster: &str, namespace: &str) -> String {
        balancer_name(&cluster.parse().unwrap(), &namespace.parse().unwrap())
    }

    #[test]
    fn the_usual_installation_keeps_the_name_that_the_charts_were_made_with() {
        assert_eq!(
            name("ingext-lakehouse", "ingext"),
            "albingextingext-lakehouseingress"
        );
        assert_eq!(name("demo", "ingext"), "albingextdemoingress");
    }

    #[test]
    fn what_was_cut_or_is_of_another_namespace_has_a_name_of_its_own() {
        let long = "ingext-lakehouse-of-the-east";
        assert_ne!(
            name(&format!("{long}-1"), "ingext"),
            name(&format!("{long}-2"), "ingext")
        );
        assert_ne!(name("demo", "ingext"), name("demo", "other"));
        // Without a border between the two, these would be one.
        assert_ne!(name("a-b", "c"), name("b", "c-a"));
        // EKS tells cases apart, DNS does not.
        assert_ne!(name("Demo", "ingext"), name("demo", "ingext"));
    }

    #[test]
    fn a_load_balancer_is_known_by_its_whole_name_and_its_region() {
        let region: Region = "us-east-2".parse().unwrap();
        let is = |dns: &str| is_balancer_called(dns, "albingextdemoingress", &region);
        assert!(is("albingextdemoingress-1234567890.us-east-2.elb.amazonaws.com"));
        assert!(is(
            "dualstack.albingextdemoingress-1.us-east-2.elb.amazonaws.com."
        ));
        assert!(is("internal-AlbIngextDemoIngress-1.us-east-2.elb.amazonaws.com"));
        for other in [
            "albingextdemoingress.us-east-2.elb.amazonaws.com",
            "albingextdemoingress-2-1234567890.us-east-2.elb.amazonaws.com",
            "albingextdemoingress2-1234567890.us-east-2.elb.amazonaws.com",
            "albingextdemoingress-1234567890.us-west-2.elb.amazonaws.com",
            "albingextdemoingress-1234567890.elb.us-east-2.amazonaws.com",
            "albingextdemoingress-1234567890.us-east-2.elb.amazonaws.com.evil.test",
            "albingextdemoingress-12x.us-east-2.elb.amazonaws.com",
            "albingextdemoingress-1.us-east-2x.elb.amazonaws.com",
        ] {
            assert!(!is(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn every_name_is_one_that_elb_takes(
            cluster in "[A-Za-z0-9][A-Za-z0-9-]{0,45}",
            namespace in "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
            other in "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        ) {
            let (Ok(cluster), Ok(namespace), Ok(other)) = (
                cluster.parse::<ClusterName>(), namespace.parse::<Namespace>(), other.parse::<Namespace>()
            ) else {
                return Ok(());
            };
            let name = balancer_name(&cluster, &namespace);
            prop_assert!(name.len() <= MOST && !name.is_empty());
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
            prop_assert!(!name.starts_with('-') && !name.ends_with('-') && !name.starts_with("internal-"));
            prop_assert_eq!(&name, &balancer_name(&cluster, &namespace));
            prop_assert_eq!(namespace == other, name == balancer_name(&cluster, &other));
            let dns = format!("{name}-1234567890.us-east-2.elb.amazonaws.com");
            prop_assert!(is_balancer_called(&dns, &name, &"us-east-2".parse().unwrap()));
        }
    }
}
