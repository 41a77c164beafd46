//! The releases that install makes: name, chart, where, and which of them hold names of the whole cluster.

/// The namespace of what serves the whole cluster.
pub const SYSTEM: &str = "kube-system";

/// Where a release stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// [`SYSTEM`].
    System,
    /// The install's own namespace.
    Own,
}

/// One release of the install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub name: &'static str,
    /// Its chart's name.
    pub chart: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Why no second release of this chart can stand in the cluster; none where it can.
    pub only: Option<&'static str>,
}

const fn own(name: &'static str) -> Planned {
    Planned {
        name,
        chart: name,
        place: Place::Own,
        only: None,
    }
}

const fn system(name: &'static str, only: &'static str) -> Planned {
    Planned {
        name,
        chart: name,
        place: Place::System,
        only: Some(only),
    }
}

const fn pool(name: &'static str, only: &'static str) -> Planned {
    Planned {
        name,
        chart: "ingext-eks-pool",
        place: Place::Own,
        only: Some(only),
    }
}

/// All of them, in the order of the install.
pub const PLANNED: [Planned; 18] = [
    system(
        "ingext-aws-gp3",
        "its storage class has a name of the whole cluster",
    ),
    system(
        "karpenter-crd",
        "its resource definitions are the whole cluster's",
    ),
    system(
        "karpenter",
        "two Karpenters would make and remove each other's nodes",
    ),
    own("ingext-serviceaccount"),
    own("ingext-stack"),
    own("etcd-single"),
    own("etcd-single-cronjob"),
    own("ingext-manager-role"),
    own("ingext-community-config"),
    own("ingext-community-init"),
    own("ingext-community"),
    own("ingext-lake-config"),
    pool(
        "ingext-merge-pool",
        "its NodePool and EC2NodeClass `pool-merge` are objects of the whole cluster",
    ),
    pool(
        "ingext-search-pool",
        "its NodePool and EC2NodeClass `pool-search` are objects of the whole cluster",
    ),
    Planned {
        only: Some("its PersistentVolume `s3-lake` is an object of the whole cluster"),
        ..own("ingext-s3-lake")
    },
    own("ingext-lake"),
    system(
        "aws-load-balancer-controller",
        "two load balancer controllers would fight over the same Ingresses",
    ),
    own("ingext-community-ingress-aws"),
];

impl Planned {
    /// The namespace that it stands in.
    #[must_use]
    pub const fn namespace<'a>(&self, own: &'a str) -> &'a str {
        match self.place {
            Place::System => SYSTEM,
            Place::Own => own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PLANNED;
    use crate::model::ChartLock;
    use std::collections::BTreeSet;

    #[test]
    fn the_releases_and_the_lock_name_the_same_charts() {
        let planned: BTreeSet<&str> = PLANNED.iter().map(|release| release.chart).collect();
        let charts = &ChartLock::compiled().charts;
        let locked: BTreeSet<&str> = charts.iter().map(|chart| chart.name.as_str()).collect();
        assert_eq!(planned, locked, "a release without a locked chart has no version");
    }
}
