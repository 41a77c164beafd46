//! Service Quotas: the values that hold for the account in the region.

use crate::clients::call::{Ask, ask, json_list};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::gateway::Gateway;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The client.
#[derive(Clone, Copy)]
pub struct ServiceQuotas<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// A quota's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The value, in the quota's own unit.
    pub value: f64,
    /// Whether AWS raises it on request.
    pub adjustable: bool,
    /// Whether it is AWS's default, none being applied to the account.
    pub is_default: bool,
}

/// Quotas by their code: the value, nothing where Service Quotas names no such quota here, or why it is unknown.
pub type Limits = BTreeMap<&'static str, Result<Option<Limit>, CallError>>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    quotas: Vec<RawQuota>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawQuota {
    quota_code: String,
    value: f64,
    adjustable: bool,
}

impl ServiceQuotas<'_> {
    /// The values of the quotas `codes` of one service. One list holds all of a service's applied values, where
    /// `get-service-quota` is a command each; AWS's defaults are asked for only if some quota has no applied value.
    pub fn limits(&self, service: &'static str, codes: &[&'static str]) -> Limits {
        let mut limits = Limits::new();
        let applied = self.list(service, codes, false);
        let missing: Vec<&'static str> = match &applied {
            Ok(found) => codes
                .iter()
                .copied()
                .filter(|code| !found.contains_key(*code))
                .collect(),
            Err(_) => Vec::new(),
        };
        let defaults = if missing.is_empty() {
            Ok(BTreeMap::new())
        } else {
            self.list(service, &missing, true)
        };
        for code in codes {
            let source = if missing.contains(code) {
                &defaults
            } else {
                &applied
            };
            let limit = source
                .as_ref()
                .map(|found| found.get(*code).copied())
                .map_err(Clone::clone);
            limits.insert(code, limit);
        }
        limits
    }

    fn list(
        &self,
        service: &str,
        codes: &[&str],
        defaults: bool,
    ) -> Result<BTreeMap<String, Limit>, CallError> {
        let (verb, action) = if defaults {
            (
                "list-aws-default-service-quotas",
                "servicequotas:ListAWSDefaultServiceQuotas",
            )
        } else {
            ("list-service-quotas", "servicequotas:ListServiceQuotas")
        };
        let wanted: Vec<String> = codes.iter().map(|code| format!("QuotaCode=='{code}'")).collect();
        let query = format!(
            "{{NextToken: NextToken, Quotas: Quotas[?{}].{{QuotaCode: QuotaCode, Value: Value, Adjustable: Adjustable}}}}",
            wanted.join(" || ")
        );
        let args = [
            "service-quotas",
            verb,
            "--service-code",
            service,
            "--query",
            query.as_str(),
        ];
        let purpose = format!("read the quotas of the service `{service}`");
        let question = Ask::aws(&purpose, action, args);
        let answer = ask(self.gateway, &question, |bytes| {
            parse_limits(bytes, codes, defaults)
        });
        match answer {
            // The region has no quotas of this service.
            Err(error)
                if error.class == ErrorClass::Absent
                    && error.code.as_deref() == Some("NoSuchResourceException") =>
            {
                Ok(BTreeMap::new())
            }
            // Some other "not found" (a proxy's 404) says nothing about quotas.
            Err(error) if error.class == ErrorClass::Absent => Err(CallError {
                class: ErrorClass::Other,
                ..error
            }),
            answer => answer,
        }
    }
}

/// Reads a list of quotas, asked for by `codes`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about other quotas.
pub fn parse_limits(
    bytes: &[u8],
    codes: &[&str],
    is_default: bool,
) -> Result<BTreeMap<String, Limit>, ParseFailure> {
    let raw: Raw = json_list(bytes)?;
    let mut limits = BTreeMap::new();
    for quota in raw.quotas {
        if !codes.contains(&quota.quota_code.as_str()) {
            return Err(ParseFailure::Form("Quotas[].QuotaCode"));
        }
        // Beyond this an f64 no longer counts by ones.
        if !(0.0..=1e15).contains(&quota.value) {
            return Err(ParseFailure::Form("Quotas[].Value"));
        }
        let limit = Limit {
            value: quota.value,
            adjustable: quota.adjustable,
            is_default,
        };
        if limits.insert(quota.quota_code, limit).is_some() {
            return Err(ParseFailure::Form("Quotas[].QuotaCode"));
        }
    }
    Ok(limits)
}
