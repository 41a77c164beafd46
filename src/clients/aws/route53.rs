//! Route53: the account's hosted zones, and what one of them holds.

pub mod changes;
mod records;

use crate::clients::call::{Ask, ask, formed, json_list};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::is_word;
use crate::gateway::Gateway;
pub use records::{SiteRecord, parse_name_servers, parse_records};
use serde::Deserialize;

/// The client.
#[derive(Clone, Copy)]
pub struct Route53<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// A hosted zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedZone {
    /// `/hostedzone/Z…`.
    pub id: String,
    /// The name in lower case without its last dot. Untrusted until it equals a name of ours.
    pub name: String,
    /// Whether only some networks see it.
    pub private: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    hosted_zones: Vec<RawZone>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawZone {
    id: String,
    name: String,
    config: RawConfig,
}

/// A zone that does not say whether it is private must not be taken for a public one: both fields are required.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawConfig {
    private_zone: bool,
}

impl Route53<'_> {
    /// All zones, private ones too. The CLI pages this operation by itself; `list-hosted-zones-by-name` it does not.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn zones(&self) -> Result<Vec<HostedZone>, CallError> {
        let args = ["route53", "list-hosted-zones"];
        ask(
            self.gateway,
            &Ask::aws("list the Route53 zones", "route53:ListHostedZones", args),
            parse_zones,
        )
    }
}

/// Reads `route53 list-hosted-zones`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_zones(bytes: &[u8]) -> Result<Vec<HostedZone>, ParseFailure> {
    let raw: Raw = json_list(bytes)?;
    raw.hosted_zones
        .into_iter()
        .map(|zone| {
            let is_id = |id: &str| id.strip_prefix("/hostedzone/").is_some_and(|id| is_word(id, 32));
            let id = formed(zone.id, is_id, "HostedZones[].Id")?;
            let name = zone
                .name
                .strip_suffix('.')
                .unwrap_or(&zone.name)
                .to_ascii_lowercase();
            Ok(HostedZone {
                id,
                name,
                private: zone.config.private_zone,
            })
        })
        .collect()
}
