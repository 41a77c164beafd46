//! The phase ingress: the load balancer controller and its role, the Ingress with its load balancer, the site's record,
//! and the site itself.

pub mod balancer;
pub mod controller;
pub mod record;
pub mod redirect;
pub mod role;
pub mod site;
pub mod site_ingress;

use super::{Desired, Step};
use crate::model::balancer_name;

/// The class of the site's Ingress, which its chart has fixed.
pub const CLASS: &str = "alb";
/// Who makes Ingresses of that class work, by the class itself.
pub const CLASS_CONTROLLER: &str = "ingress.k8s.aws/alb";
/// The group of the site's Ingress, which its chart has fixed: all Ingresses of a group share one load balancer.
pub const GROUP: &str = "ingext-community";
/// The controller: its chart, release, deployment and service account.
pub const CONTROLLER: &str = "aws-load-balancer-controller";
/// Where it runs.
pub const NAMESPACE: &str = "kube-system";
/// The annotations that it reads begin so.
pub const ANNOTATION: &str = "alb.ingress.kubernetes.io/";
/// Where every service of the site says that it is well.
pub const HEALTH_PATH: &str = "/health-check";

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(role::BalancerRole),
        Box::new(controller::BalancerController),
        Box::new(site_ingress::SiteIngress),
        Box::new(record::SiteRecordStep::default()),
        Box::new(site::SiteStep),
    ]
}

impl Desired {
    /// The load balancer's name.
    #[must_use]
    pub fn balancer(&self) -> String {
        balancer_name(&self.target.cluster, &self.target.namespace)
    }

    /// The Ingress that the site's chart makes.
    #[must_use]
    pub fn ingress(&self) -> String {
        format!("{}-ingress", self.target.namespace)
    }
}
