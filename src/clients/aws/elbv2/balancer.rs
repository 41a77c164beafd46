//! One load balancer by its name: how it stands, its tags, its target groups and who answers in them.

use super::Elbv2;
use crate::clients::aws::tags::{Tag, Tags, map_of};
use crate::clients::call::{Ask, ask, formed, json_list, or_absent};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{arn_fields, is_dns_name, is_word};
use crate::gateway::redact::untrusted;
use serde::Deserialize;

/// A load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balancer {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its DNS name, as AWS writes it.
    pub dns_name: String,
    /// The hosted zone of that name, for an alias record: `Z3AADJGX6KTTL2`.
    pub zone_id: String,
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// `provisioning`, `active`, `active_impaired` or `failed`.
    pub state: String,
    /// Why it is in that state, in AWS's words. Untrusted text: never part of a message.
    pub said: String,
    /// Its VPC.
    pub vpc: String,
}

/// A target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: String,
    /// Its name, `k8s-ingext-api-0123456789`.
    pub name: String,
}

/// Who answers in a target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its address, or its instance's id.
    pub id: String,
    /// Its port.
    pub port: Option<u16>,
    /// `initial`, `healthy`, `unhealthy`, `unused`, `draining` or `unavailable`.
    pub state: String,
    /// Why it is not healthy, by AWS's own word: `Target.ResponseCodeMismatch`.
    pub reason: Option<String>,
    /// The same in AWS's words. Untrusted text: never part of a message.
    pub said: String,
}

impl Elbv2<'_> {
    /// The load balancer called `name`; none where AWS says that there is none in the region.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn balancer(&self, name: &str) -> Result<Option<Balancer>, CallError> {
        let args = ["elbv2", "describe-load-balancers", "--names", name];
        let purpose = format!("describe the load balancer `{name}`");
        let question = Ask::aws(&purpose, "elasticloadbalancing:DescribeLoadBalancers", args);
        let answer = ask(self.gateway, &question, |bytes| parse_balancer(bytes, name));
        or_absent(answer, &["LoadBalancerNotFound"])
    }

    /// The tags of the load balancer `arn`; none where it is gone.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn balancer_tags(&self, arn: &str) -> Result<Option<Tags>, CallError> {
        let args = ["elbv2", "describe-tags", "--resource-arns", arn];
        let purpose = "read the load balancer's tags";
        let question = Ask::aws(purpose, "elasticloadbalancing:DescribeTags", args);
        let answer = ask(self.gateway, &question, |bytes| parse_balancer_tags(bytes, arn));
        or_absent(answer, &["LoadBalancerNotFound"])
    }

    /// The target groups that the load balancer `arn` uses, by name; none where it is gone.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn target_groups(&self, arn: &str) -> Result<Vec<TargetGroup>, CallError> {
        let args = ["elbv2", "describe-target-groups", "--load-balancer-arn", arn];
        let purpose = "list the load balancer's target groups";
        let question = Ask::aws(purpose, "elasticloadbalancing:DescribeTargetGroups", args);
        let answer = ask(self.gateway, &question, parse_target_groups);
        // AWS has both codes for a load balancer without any.
        let found = or_absent(answer, &["LoadBalancerNotFound", "TargetGroupNotFound"])?;
        Ok(found.unwrap_or_default())
    }

    /// The targets of the group `arn`; none where it is gone.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn targets(&self, arn: &str) -> Result<Vec<Target>, CallError> {
        let args = ["elbv2", "describe-target-health", "--target-group-arn", arn];
        let purpose = "ask for the health of the load balancer's targets";
        let question = Ask::aws(purpose, "elasticloadbalancing:DescribeTargetHealth", args);
        let found = or_absent(
            ask(self.gateway, &question, parse_targets),
            &["TargetGroupNotFound"],
        )?;
        Ok(found.unwrap_or_default())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawBalancers {
    load_balancers: Vec<RawBalancer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawBalancer {
    load_balancer_arn: String,
    load_balancer_name: String,
    #[serde(rename = "DNSName")]
    dns_name: String,
    canonical_hosted_zone_id: String,
    scheme: String,
    state: RawState,
    vpc_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawState {
    code: String,
    reason: Option<String>,
}

/// Reads `elbv2 describe-load-balancers --names NAME`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another load balancer.
pub fn parse_balancer(bytes: &[u8], name: &str) -> Result<Balancer, ParseFailure> {
    let raw: RawBalancers = json_list(bytes)?;
    let Ok([one]) = <[RawBalancer; 1]>::try_from(raw.load_balancers) else {
        return Err(ParseFailure::Form("LoadBalancers"));
    };
    let is_id = |id: &str| is_word(id, 32);
    Ok(Balancer {
        arn: formed(one.load_balancer_arn, is_arn, "LoadBalancers[].LoadBalancerArn")?,
        name: formed(
            one.load_balancer_name,
            |found| found == name,
            "LoadBalancers[].LoadBalancerName",
        )?,
        dns_name: formed(one.dns_name, is_dns_name, "LoadBalancers[].DNSName")?,
        zone_id: formed(
            one.canonical_hosted_zone_id,
            is_id,
            "LoadBalancers[].CanonicalHostedZoneId",
        )?,
        scheme: formed(one.scheme, is_id, "LoadBalancers[].Scheme")?,
        state: formed(one.state.code, is_id, "LoadBalancers[].State.Code")?,
        said: untrusted(&one.state.reason.unwrap_or_default()),
        vpc: formed(one.vpc_id, is_id, "LoadBalancers[].VpcId")?,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawDescriptions {
    tag_descriptions: Vec<RawDescription>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawDescription {
    resource_arn: String,
    tags: Vec<Tag>,
}

/// Reads `elbv2 describe-tags --resource-arns ARN`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another thing.
pub fn parse_balancer_tags(bytes: &[u8], arn: &str) -> Result<Tags, ParseFailure> {
    let raw: RawDescriptions = json_list(bytes)?;
    let Ok([one]) = <[RawDescription; 1]>::try_from(raw.tag_descriptions) else {
        return Err(ParseFailure::Form("TagDescriptions"));
    };
    formed(
        one.resource_arn,
        |found| found == arn,
        "TagDescriptions[].ResourceArn",
    )?;
    map_of(one.tags, "TagDescriptions[].Tags[]")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawGroups {
    target_groups: Vec<RawGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawGroup {
    target_group_arn: String,
    target_group_name: String,
}

/// Reads `elbv2 describe-target-groups`, sorted by name.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_target_groups(bytes: &[u8]) -> Result<Vec<TargetGroup>, ParseFailure> {
    let raw: RawGroups = json_list(bytes)?;
    let mut groups = raw
        .target_groups
        .into_iter()
        .map(|group| {
            Ok(TargetGroup {
                arn: formed(group.target_group_arn, is_arn, "TargetGroups[].TargetGroupArn")?,
                name: formed(
                    group.target_group_name,
                    |name| is_word(name, 32),
                    "TargetGroups[].TargetGroupName",
                )?,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(groups)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawTargets {
    target_health_descriptions: Vec<RawTarget>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawTarget {
    target: RawPlace,
    target_health: RawHealth,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawPlace {
    id: String,
    port: Option<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawHealth {
    state: String,
    reason: Option<String>,
    description: Option<String>,
}

/// Reads `elbv2 describe-target-health`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_targets(bytes: &[u8]) -> Result<Vec<Target>, ParseFailure> {
    let raw: RawTargets = json_list(bytes)?;
    let is_place = |id: &str| id.parse::<std::net::IpAddr>().is_ok() || is_word(id, 64);
    let is_reason = |reason: &str| reason.split('.').all(|part| is_word(part, 64));
    raw.target_health_descriptions
        .into_iter()
        .map(|one| {
            let health = one.target_health;
            Ok(Target {
                id: formed(one.target.id, is_place, "TargetHealthDescriptions[].Target.Id")?,
                port: one.target.port,
                state: formed(
                    health.state,
                    |state| is_word(state, 32),
                    "TargetHealthDescriptions[].TargetHealth.State",
                )?,
                reason: health.reason.filter(|reason| is_reason(reason)),
                said: untrusted(&health.description.unwrap_or_default()),
            })
        })
        .collect()
}

fn is_arn(text: &str) -> bool {
    arn_fields(text).is_some_and(|[_, service, ..]| service == "elasticloadbalancing")
}
