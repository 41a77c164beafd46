//! The list. Who adds a call to AWS adds its action here; a test holds the two together.
//!
//! Sources: the actions that an API call needs and their resources are those of AWS's Service Authorization
//! Reference. What eksctl calls for us is its own page `userdocs/src/usage/minimum-iam-policies.md` (v0.230.0), which
//! asks `eks:*`, `cloudformation:*` and `ec2:*` on everything and a list for IAM. Here `eks:*` and `cloudformation:*`
//! stay, since nothing finer is documented, but only on this cluster and on the stacks named after it. EC2's are
//! single: those of the resource types in eksctl's template for a cluster with a VPC and a managed node group
//! (`pkg/cfn/builder/vpc_ipv4.go`, `managed_nodegroup.go`), derived and not tried against AWS. Left out of that page,
//! as the install's configuration has none of it: OIDC providers (pod identities are used), `kms:*` (no encryption
//! key of one's own), `logs:PutRetentionPolicy` (no control plane logs), Fargate.
//!
//! Names that install will give, and has to keep to: the stack and the roles of Karpenter as in its guide (1.8.3,
//! `getting-started-with-karpenter/cloudformation.yaml`), the lake's role and policy `ingext_…`
//! in the stack `lakehouse-CLUSTER-NAMESPACE`, which ends in the installation's id where the namespace has a dash.

mod look;
mod make;
mod remove;
mod resources;

use super::Group;

/// Every permission, by what is done with it.
pub fn groups() -> impl Iterator<Item = &'static Group> {
    look::GROUPS.iter().chain(make::GROUPS).chain(remove::GROUPS)
}
