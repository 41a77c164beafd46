//! ACM: certificates of the region.

use crate::clients::aws::timestamp;
use crate::clients::call::{Ask, ask, formed, json, json_list};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{certificate_region, is_certificate_name, is_dns_name, is_word};
use crate::gateway::Gateway;
use jiff::Timestamp;
use serde::Deserialize;

/// Every key type that ACM knows: without it, only RSA 1024 and 2048 are listed (M:acm Filters).
const KEY_TYPES: &str =
    "keyTypes=RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1";

/// The client.
#[derive(Clone, Copy)]
pub struct Acm<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// A certificate, as far as the call told. A list tells less than a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its ARN.
    pub arn: String,
    /// Its main name.
    pub domain: String,
    /// All names that were told, the main one first.
    pub names: Vec<String>,
    /// Whether there may be names that were not told.
    pub names_cut: bool,
    /// `ISSUED`, `PENDING_VALIDATION`, …; absent where it was not told.
    pub status: Option<String>,
    /// `AMAZON_ISSUED`, `IMPORTED` or `PRIVATE`; absent where it was not told.
    pub kind: Option<String>,
    /// When it expires; never-issued ones have no such time.
    pub not_after: Option<Timestamp>,
    /// DNS records that prove ownership, as `NAME TYPE VALUE`.
    pub validation_records: Vec<String>,
    /// Whether it is validated by e-mail.
    pub by_email: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawList {
    certificate_summary_list: Vec<RawCertificate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawDescription {
    certificate: RawCertificate,
}

/// A summary and a description share all but the field of the names.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawCertificate {
    certificate_arn: String,
    domain_name: String,
    subject_alternative_name_summaries: Option<Vec<String>>,
    has_additional_subject_alternative_names: Option<bool>,
    subject_alternative_names: Option<Vec<String>>,
    status: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "timestamp::optional")]
    not_after: Option<Timestamp>,
    #[serde(default)]
    domain_validation_options: Vec<RawValidation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawValidation {
    validation_method: Option<String>,
    resource_record: Option<RawRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawRecord {
    name: String,
    #[serde(rename = "Type")]
    kind: String,
    value: String,
}

impl Acm<'_> {
    /// All certificates of the region, of every key type and status. The CLI pages by itself.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn certificates(&self) -> Result<Vec<Certificate>, CallError> {
        let args = ["acm", "list-certificates", "--includes", KEY_TYPES];
        ask(
            self.gateway,
            &Ask::aws("list the certificates", "acm:ListCertificates", args),
            parse_list,
        )
    }

    /// One certificate, whole.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer; [`ErrorClass::Absent`](crate::clients::ErrorClass::Absent) where
    /// there is no such certificate.
    pub fn certificate(&self, arn: &str) -> Result<Certificate, CallError> {
        let args = ["acm", "describe-certificate", "--certificate-arn", arn];
        let question = Ask::aws(
            &format!("describe the certificate `{arn}`"),
            "acm:DescribeCertificate",
            args,
        );
        ask(self.gateway, &question, |bytes| {
            parse_description(bytes).and_then(|found| {
                if found.arn == arn {
                    Ok(found)
                } else {
                    Err(ParseFailure::Form("Certificate.CertificateArn"))
                }
            })
        })
    }
}

/// Reads `acm list-certificates`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_list(bytes: &[u8]) -> Result<Vec<Certificate>, ParseFailure> {
    let raw: RawList = json_list(bytes)?;
    raw.certificate_summary_list
        .into_iter()
        .map(certificate)
        .collect()
}

/// Reads `acm describe-certificate`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_description(bytes: &[u8]) -> Result<Certificate, ParseFailure> {
    let raw: RawDescription = json(bytes)?;
    if raw.certificate.subject_alternative_names.is_none() {
        return Err(ParseFailure::Form("Certificate.SubjectAlternativeNames"));
    }
    certificate(raw.certificate)
}

fn certificate(raw: RawCertificate) -> Result<Certificate, ParseFailure> {
    let arn = formed(
        raw.certificate_arn,
        |arn| certificate_region(arn).is_some(),
        "CertificateArn",
    )?;
    let whole = raw.subject_alternative_names.is_some();
    let told = raw
        .subject_alternative_names
        .or(raw.subject_alternative_name_summaries);
    let names_cut =
        !whole && (told.is_none() || raw.has_additional_subject_alternative_names.unwrap_or(false));
    // An imported certificate may carry names of any form (addresses, mail): those cover no site, and are dropped.
    let mut names = vec![raw.domain_name.clone()];
    names.extend(told.unwrap_or_default());
    names.retain(|name| is_certificate_name(name));
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let word = |text: Option<String>, field| {
        text.map(|text| formed(text, |it| is_word(it, 64), field))
            .transpose()
    };
    let mut validation_records = Vec::new();
    let mut by_email = false;
    for option in raw.domain_validation_options {
        by_email |= option.validation_method.as_deref() == Some("EMAIL");
        if let Some(record) = option.resource_record {
            let name = formed(record.name, is_dns_name, "ResourceRecord.Name")?;
            let kind = formed(record.kind, |kind| is_word(kind, 10), "ResourceRecord.Type")?;
            let value = formed(record.value, is_dns_name, "ResourceRecord.Value")?;
            let line = format!("{name} {kind} {value}");
            if !validation_records.contains(&line) {
                validation_records.push(line);
            }
        }
    }
    Ok(Certificate {
        arn,
        // Without a DNS name of its own, its first alternative name stands for it.
        domain: names.first().cloned().unwrap_or_default(),
        names,
        names_cut,
        status: word(raw.status, "Status")?,
        kind: word(raw.kind, "Type")?,
        not_after: raw.not_after,
        validation_records,
        by_email,
    })
}
