//! What the run is about, from all that was given.

use super::UsageError;
use super::chart_files;
use super::env_file::{Located, locate};
use super::identity::{Identity, identity};
use super::lookup::{Given, Lookup};
use super::made;
use super::options::options;
use crate::model::{
    AccountId, Approve, BadInput, BucketName, CertArn, ChartRegistry, ClusterName, DnsServer, Namespace,
    NodeCount, NodeType, Phase, Profile, Region, RootDomain, Scheme, Settings, SiteDomain, Sourced, Subnets,
};
use std::str::FromStr;

/// The site's domain, and whether it was made from the root domain.
type Site = (Option<Sourced<SiteDomain>>, bool);

/// The settings of a run that asks AWS.
pub(super) fn settings(lookup: &mut Lookup<'_>) -> Result<Settings, UsageError> {
    let Located { path, namespace } = locate(lookup)?;
    let lookup = &*lookup;
    let Identity {
        profile,
        facts,
        region,
    } = identity(lookup)?;
    let root_domain: Option<Sourced<RootDomain>> = lookup.get("root-domain", Some("ROOT_DOMAIN"))?;
    let (site_domain, site_domain_was_constructed) = site(lookup, root_domain.as_ref())?;
    Ok(Settings {
        profile,
        profile_facts: facts,
        cluster: cluster(lookup)?,
        bucket: bucket(lookup)?,
        root_domain,
        site_domain,
        site_domain_was_constructed,
        cert_arn: cert_arn(lookup, &region)?,
        region,
        namespace,
        node_type: or_default::<NodeType>(lookup, "node-type", "NODE_TYPE", "t3.large")?,
        node_count: lookup
            .get("node-count", Some("NODE_COUNT"))?
            .unwrap_or(Sourced::default_of(NodeCount::DEFAULT)),
        chart_registry: chart_registry(lookup)?,
        has_billing: lookup.switch("has-billing", Some("PREFLIGHT_HAS_BILLING"), true)?,
        has_admin: lookup.switch("has-admin", Some("PREFLIGHT_HAS_ADMIN"), true)?,
        has_dns: lookup.switch("has-dns", Some("PREFLIGHT_HAS_DNS"), true)?,
        env_file: path,
        write_env: lookup.switch("write-env", None, true)?.value,
        overwrite_env: lookup.switch("overwrite-env", None, false)?.value,
        dns_check: lookup.switch("dns-check", None, true)?.value,
        dns_provider: lookup.get("dns-provider", Some("DNS_PROVIDER"))?,
        scheme: lookup
            .get("scheme", Some("SITE_SCHEME"))?
            .unwrap_or(Sourced::default_of(Scheme::InternetFacing)),
        dns_server: lookup.get("dns-server", None)?,
        expected_account: expected_account(lookup)?,
        approve: approve(lookup)?,
        phase: lookup.get::<Phase>("phase", None)?.map(|phase| phase.value),
        subnets: lookup.get("subnets", None)?,
        set_values: chart_files::set_values(lookup)?,
        charts: chart_files::charts(lookup)?,
        typed: lookup.flags.clone(),
        versioning: lookup.switch("versioning", None, false)?,
        write_kubeconfig: lookup.switch("write-kubeconfig", None, false)?.value,
    })
}

/// Checks every flag by itself, also for a command that has no use for it: bad input is bad input everywhere.
pub(super) fn check_flags(lookup: &Lookup<'_>) -> Result<(), UsageError> {
    options(lookup)?;
    let root = lookup.get::<RootDomain>("root-domain", None)?;
    site(lookup, root.as_ref())?;
    lookup.get::<Profile>("profile", None)?;
    lookup.get::<Region>("region", None)?;
    lookup.get::<ClusterName>("cluster", None)?;
    lookup.get::<BucketName>("bucket", None)?;
    lookup.get::<Namespace>("namespace", None)?;
    lookup.get::<CertArn>("cert-arn", None)?;
    lookup.get::<NodeType>("node-type", None)?;
    lookup.get::<NodeCount>("node-count", None)?;
    lookup.get::<DnsServer>("dns-server", None)?;
    lookup.get::<ChartRegistry>("chart-registry", None)?;
    lookup.get::<Subnets>("subnets", None)?;
    chart_files::check(lookup)?;
    approve(lookup).map(|_| ())
}

fn or_default<T: FromStr<Err = BadInput>>(
    lookup: &Lookup<'_>,
    flag: &str,
    key: &str,
    default: &str,
) -> Result<Sourced<T>, UsageError> {
    if let Some(given) = lookup.get(flag, Some(key))? {
        return Ok(given);
    }
    let value = default
        .parse()
        .map_err(|why| UsageError::value(&format!("--{flag}"), default, &why))?;
    Ok(Sourced::default_of(value))
}

/// The cluster that was named, else the one of the contract.
pub(super) fn cluster(lookup: &Lookup<'_>) -> Result<Sourced<ClusterName>, UsageError> {
    or_default(lookup, "cluster", "CLUSTER_NAME", "ingext-lakehouse")
}

/// The registry that was named, else the one where the charts are published.
fn chart_registry(lookup: &Lookup<'_>) -> Result<Sourced<ChartRegistry>, UsageError> {
    if let Some(given) = lookup.get("chart-registry", None)? {
        return Ok(given);
    }
    let value = ChartRegistry::DEFAULT
        .parse()
        .map_err(|why| UsageError::value("--chart-registry", ChartRegistry::DEFAULT, &why))?;
    Ok(Sourced::default_of(value))
}

/// The bucket that was named; one that an earlier run made is made anew.
pub(super) fn bucket(lookup: &Lookup<'_>) -> Result<Option<Sourced<BucketName>>, UsageError> {
    let given = lookup.given("bucket", Some("S3_BUCKET"))?;
    given
        .filter(|given| !made::is_made_bucket(lookup, given))
        .map(|given| given.parse())
        .transpose()
}

fn site(lookup: &Lookup<'_>, root: Option<&Sourced<RootDomain>>) -> Result<Site, UsageError> {
    let given = lookup.given("domain", Some("SITE_DOMAIN"))?;
    let given = given.filter(|given| root.is_none() || !made::is_made_site(lookup, given));
    match (given, root) {
        (None, None) => Ok((None, false)),
        (Some(given), None) => Ok((Some(given.parse()?), false)),
        (Some(given), Some(root)) => {
            let site = given.parse_with(|text| SiteDomain::under(text, &root.value))?;
            Ok((Some(site), false))
        }
        (None, Some(root)) => match SiteDomain::of(&root.value) {
            Ok(made) => Ok((Some(Sourced::default_of(made)), true)),
            Err(_) => Err(UsageError::value(
                "--root-domain",
                root.value.as_str(),
                &BadInput::new(
                    "at most 240 characters, so that lakehouse.k8.ROOT is a DNS name",
                    "example.com",
                ),
            )),
        },
    }
}

/// A certificate serves load balancers of its own region only (ACM user guide, "Supported Regions").
fn cert_arn(lookup: &Lookup<'_>, region: &Sourced<Region>) -> Result<Option<Sourced<CertArn>>, UsageError> {
    let Some(given) = lookup.given("cert-arn", Some("CERT_ARN"))? else {
        return Ok(None);
    };
    let arn: Sourced<CertArn> = given.parse()?;
    if *arn.value.region() == region.value {
        return Ok(Some(arn));
    }
    let account = arn.value.account();
    Err(given.refuse(&BadInput::new(
        format!("an ACM certificate of the region {}", region.value),
        format!("arn:aws:acm:{}:{account}:certificate/ID", region.value),
    )))
}

/// The account that the env file was written for.
pub(super) fn expected_account(lookup: &Lookup<'_>) -> Result<Option<AccountId>, UsageError> {
    let Some(given) = lookup.in_file("AWS_ACCOUNT_ID") else {
        return Ok(None);
    };
    given.parse().map(|account| Some(account.value))
}

fn approve(lookup: &Lookup<'_>) -> Result<Option<Approve>, UsageError> {
    let given: Option<Given> = lookup.given("approve", None)?;
    match given {
        Some(given) if given.text != "false" => given.parse().map(|approve| Some(approve.value)),
        _ => Ok(None),
    }
}
