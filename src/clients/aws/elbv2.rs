//! Elastic Load Balancing: how many application load balancers the region has, and one with all that hangs on it.

pub mod balancer;

use crate::clients::call::{Ask, ask, json_list};
use crate::clients::failure::{CallError, ParseFailure};
use crate::gateway::Gateway;
use serde::Deserialize;

pub use balancer::{Balancer, Target, TargetGroup};

/// The client.
#[derive(Clone, Copy)]
pub struct Elbv2<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawLoadBalancers {
    load_balancers: u32,
}

impl Elbv2<'_> {
    /// How many application load balancers the account has in the region. Network and gateway ones have quotas of
    /// their own.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn application_load_balancers(&self) -> Result<u32, CallError> {
        let args = [
            "elbv2",
            "describe-load-balancers",
            "--query",
            "{NextMarker: NextMarker, LoadBalancers: length(LoadBalancers[?Type=='application'])}",
        ];
        let question = Ask::aws(
            "count the load balancers",
            "elasticloadbalancing:DescribeLoadBalancers",
            args,
        );
        ask(self.gateway, &question, parse_load_balancers)
    }
}

/// Reads the number of application load balancers.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_load_balancers(bytes: &[u8]) -> Result<u32, ParseFailure> {
    json_list(bytes).map(|raw: RawLoadBalancers| raw.load_balancers)
}
