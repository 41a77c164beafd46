//! The aws command line, one client a service. Profile and region come by the environment (`AWS_PROFILE`,
//! `AWS_REGION`), set by the gateway for every tool alike, so that no two tools act in different accounts.

pub mod acm;
pub mod classify;
pub mod cloudformation;
pub mod ec2;
pub mod eks;
pub mod elbv2;
pub mod iam;
mod local_errors;
pub mod route53;
pub mod s3;
pub mod service_quotas;
pub mod sqs;
pub mod sts;
pub mod tags;
pub mod timestamp;

pub use acm::Acm;
pub use cloudformation::CloudFormation;
pub use ec2::Ec2;
pub use eks::Eks;
pub use elbv2::Elbv2;
pub use iam::Iam;
pub use route53::Route53;
pub use s3::S3;
pub use service_quotas::ServiceQuotas;
pub use sqs::Sqs;
pub use sts::Sts;
