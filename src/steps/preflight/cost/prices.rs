//! The price table: AWS's list prices in USD, on demand, Linux. A region or a type that is not here has no estimate.
//!
//! NAT gateway, load balancer and gp3: AWS Price List API as of 2026-09-21, in the public table of the project
//! xbill9/zombiescan (`src/zombiescan/pricing/table.json`); eu-west-1's NAT gateway also in AWS's offer file of
//! 2026-09-25. Instances: us-east-1 from the Price List table of Karpenter's AWS provider
//! (`zz_generated.pricing_aws.go`, 2026-02-09), which AWS also charges in us-east-2 and us-west-2; eu-west-1 and
//! eu-central-1 from several public price tables of 2026 that agree. m7i in eu-central-1 was found nowhere, and is not
//! here. Control plane and public IPv4 address cost the same in all of these regions.

/// The date of the table.
pub const AS_OF: &str = "2026-09-21";
/// Hours of a month, as AWS's own calculator counts.
pub const HOURS: f64 = 730.0;
/// A cluster's control plane, an hour, its version in standard support.
pub const CONTROL_PLANE_HOUR: f64 = 0.10;
/// A public IPv4 address, an hour.
pub const ADDRESS_HOUR: f64 = 0.005;

/// One region's prices.
#[derive(Clone, Copy, Debug)]
pub struct Prices {
    /// The region.
    pub region: &'static str,
    /// A NAT gateway, an hour.
    pub nat_gateway_hour: f64,
    /// An application load balancer, an hour.
    pub load_balancer_hour: f64,
    /// A GB of a gp3 volume, a month.
    pub gp3_month: f64,
    /// Instance types, an hour.
    pub instances: &'static [(&'static str, f64)],
}

const US: [(&str, f64); 9] = [
    ("m5.large", 0.096),
    ("m5.xlarge", 0.192),
    ("m6i.large", 0.096),
    ("m6i.xlarge", 0.192),
    ("m7i.large", 0.1008),
    ("m7i.xlarge", 0.2016),
    ("t3.large", 0.0832),
    ("t3.medium", 0.0416),
    ("t3.xlarge", 0.1664),
];

/// All regions of the table.
pub const TABLE: [Prices; 5] = [
    of_the_us("us-east-1"),
    of_the_us("us-east-2"),
    of_the_us("us-west-2"),
    Prices {
        region: "eu-west-1",
        nat_gateway_hour: 0.048,
        load_balancer_hour: 0.0252,
        gp3_month: 0.088,
        instances: &[
            ("m5.large", 0.107),
            ("m5.xlarge", 0.214),
            ("m6i.large", 0.107),
            ("m6i.xlarge", 0.214),
            ("m7i.large", 0.11235),
            ("m7i.xlarge", 0.2247),
            ("t3.large", 0.0912),
            ("t3.medium", 0.0456),
            ("t3.xlarge", 0.1824),
        ],
    },
    Prices {
        region: "eu-central-1",
        nat_gateway_hour: 0.052,
        load_balancer_hour: 0.027,
        gp3_month: 0.0952,
        instances: &[
            ("m5.large", 0.115),
            ("m5.xlarge", 0.23),
            ("m6i.large", 0.115),
            ("m6i.xlarge", 0.23),
            ("t3.large", 0.096),
            ("t3.medium", 0.048),
            ("t3.xlarge", 0.192),
        ],
    },
];

const fn of_the_us(region: &'static str) -> Prices {
    Prices {
        region,
        nat_gateway_hour: 0.045,
        load_balancer_hour: 0.0225,
        gp3_month: 0.08,
        instances: &US,
    }
}

/// The prices of `region`, where the table has them.
#[must_use]
pub fn of(region: &str) -> Option<&'static Prices> {
    TABLE.iter().find(|prices| prices.region == region)
}

impl Prices {
    /// An instance of `node_type`, an hour, where the table has it.
    #[must_use]
    pub fn instance_hour(&self, node_type: &str) -> Option<f64> {
        let found = self.instances.iter().find(|(name, _)| *name == node_type);
        found.map(|(_, price)| *price)
    }
}
