//! What a zone holds for one name, and the name servers that Route53 gave it.

use super::Route53;
use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Records of a zone that are asked for at once. Only routing policies give one name more than a few.
const MOST: usize = 100;

/// An address record of a name: `A`, `AAAA` or `CNAME`. Every text in it has its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRecord {
    /// `A`, `AAAA` or `CNAME`.
    pub kind: String,
    /// Whether Route53 answers with what the target has (an alias), rather than with the values themselves.
    pub alias: bool,
    /// Addresses, or the name that it points at, without the last dot and in lower case.
    pub values: Vec<String>,
    /// The change that removes it, as JSON: an item of a change batch's `Changes`. None where a routing policy has
    /// more to say.
    pub removal: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawZone {
    hosted_zone: RawId,
    delegation_set: RawSet,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawId {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSet {
    name_servers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawRecords {
    resource_record_sets: Vec<RawRecord>,
    #[serde(default)]
    is_truncated: bool,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawRecord {
    name: String,
    r#type: String,
    #[serde(rename = "TTL")]
    ttl: Option<u64>,
    set_identifier: Option<String>,
    traffic_policy_instance_id: Option<String>,
    health_check_id: Option<String>,
    resource_records: Option<Vec<RawValue>>,
    alias_target: Option<RawTarget>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RawValue {
    value: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RawTarget {
    hosted_zone_id: String,
    #[serde(rename = "DNSName")]
    dns_name: String,
    evaluate_target_health: bool,
}

impl Route53<'_> {
    /// The name servers that Route53 gave the zone `id` (`/hostedzone/…`).
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn name_servers(&self, id: &str) -> Result<Vec<String>, CallError> {
        let purpose = "read the zone's name servers";
        let question = Ask::aws(
            purpose,
            "route53:GetHostedZone",
            ["route53", "get-hosted-zone", "--id", id],
        );
        ask(self.gateway, &question, |bytes| parse_name_servers(bytes, id))
    }

    /// The address records of `name` in the zone `id`.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn records(&self, id: &str, name: &str) -> Result<Vec<SiteRecord>, CallError> {
        let most = MOST.to_string();
        // With a first name of its own the CLI does not page: this is one request, and what follows does not matter.
        let args = [
            "route53",
            "list-resource-record-sets",
            "--hosted-zone-id",
            id,
            "--start-record-name",
            name,
            "--max-items",
            &most,
        ];
        let purpose = "read the zone's records of the site";
        let question = Ask::aws(purpose, "route53:ListResourceRecordSets", args);
        ask(self.gateway, &question, |bytes| parse_records(bytes, name))
    }
}

/// Reads `route53 get-hosted-zone` of the public zone `id`: its name servers in lower case, sorted.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_name_servers(bytes: &[u8], id: &str) -> Result<Vec<String>, ParseFailure> {
    let raw: RawZone = json(bytes)?;
    if raw.hosted_zone.id != id {
        return Err(ParseFailure::Form("HostedZone.Id"));
    }
    let mut servers = raw
        .delegation_set
        .name_servers
        .into_iter()
        .map(|name| Ok(plain(&formed(name, is_dns_name, "DelegationSet.NameServers[]")?)))
        .collect::<Result<Vec<_>, _>>()?;
    if servers.is_empty() {
        return Err(ParseFailure::Form("DelegationSet.NameServers"));
    }
    servers.sort();
    servers.dedup();
    Ok(servers)
}

/// Reads `route53 list-resource-record-sets` that began at `name`: the address records of exactly that name.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, and where records of the name may follow.
pub fn parse_records(bytes: &[u8], name: &str) -> Result<Vec<SiteRecord>, ParseFailure> {
    let raw: RawRecords = json(bytes)?;
    let wanted = plain(name);
    let is_ours = |record: &RawRecord| plain(&record.name) == wanted;
    // Sorted by name: where another name follows, all of this one were named.
    let cut = raw.is_truncated || raw.next_token.is_some();
    if cut && raw.resource_record_sets.last().is_none_or(is_ours) {
        return Err(ParseFailure::Cut);
    }
    raw.resource_record_sets
        .into_iter()
        .filter(is_ours)
        .filter(|record| matches!(record.r#type.as_str(), "A" | "AAAA" | "CNAME"))
        .map(|record| of_raw(record, &wanted))
        .collect()
}

fn of_raw(raw: RawRecord, name: &str) -> Result<SiteRecord, ParseFailure> {
    let removal = removal(&raw, name);
    let (alias, values) = match (raw.alias_target, raw.resource_records) {
        (Some(target), None) => {
            formed(
                target.hosted_zone_id,
                |id| is_word(id, 32),
                "AliasTarget.HostedZoneId",
            )?;
            let to = formed(target.dns_name, is_dns_name, "AliasTarget.DNSName")?;
            (true, vec![plain(&to)])
        }
        (None, Some(values)) => {
            let fits = |value: &str| match raw.r#type.as_str() {
                "A" => value.parse::<Ipv4Addr>().is_ok(),
                "AAAA" => value.parse::<Ipv6Addr>().is_ok(),
                _ => is_dns_name(value),
            };
            let values: Result<Vec<_>, _> = values
                .into_iter()
                .map(|value| Ok(plain(&formed(value.value, fits, "ResourceRecords[].Value")?)))
                .collect();
            (false, values?)
        }
        // A traffic policy's record holds neither.
        (None, None) if raw.traffic_policy_instance_id.is_some() => (false, Vec::new()),
        _ => return Err(ParseFailure::Form("ResourceRecordSets[]")),
    };
    Ok(SiteRecord {
        kind: raw.r#type,
        alias,
        values,
        removal,
    })
}

/// A removal must repeat the record exactly.
fn removal(raw: &RawRecord, name: &str) -> Option<String> {
    let policy = [
        &raw.set_identifier,
        &raw.traffic_policy_instance_id,
        &raw.health_check_id,
    ];
    if policy.iter().any(|part| part.is_some()) {
        return None;
    }
    let mut record = serde_json::json!({"Name": name, "Type": raw.r#type});
    if let Some(target) = &raw.alias_target {
        record["AliasTarget"] = serde_json::to_value(target).ok()?;
    }
    if let Some(values) = &raw.resource_records {
        record["TTL"] = raw.ttl?.into();
        record["ResourceRecords"] = serde_json::to_value(values).ok()?;
    }
    Some(serde_json::json!({"Action": "DELETE", "ResourceRecordSet": record}).to_string())
}

/// A name in lower case, without its last dot.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}
