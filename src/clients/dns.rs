//! The site's addresses and the zone's name servers, asked of DNS itself: no hosts file, no search domains. The one
//! room with async code, since the resolver is; it runs on a runtime of its own on this thread.

use crate::clients::form::is_dns_name;
use hickory_resolver::config::{NameServerConfigGroup, ResolveHosts, ResolverConfig};
use hickory_resolver::name_server::TokioConnectionProvider;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::proto::{ProtoError, ProtoErrorKind};
use hickory_resolver::{ResolveError, TokioResolver};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The longest that a lookup may take as a whole.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// What DNS says of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// It has these addresses, sorted.
    Present(Vec<IpAddr>),
    /// DNS says that it has none (NXDOMAIN, or no record of the kind).
    Absent,
    /// DNS did not say; a phrase of ours tells why.
    Unknown(String),
}

/// Whom DNS names for a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NsLookup {
    /// These name servers, in lower case without the last dot, sorted.
    Present(Vec<String>),
    /// DNS says that there is no such zone (NXDOMAIN, or no NS record at this name).
    Absent,
    /// DNS did not say; a phrase of ours tells why.
    Unknown(String),
}

/// Looks up the A and AAAA records of `name`, at `server` or at the system's resolvers.
#[must_use]
pub fn look_up(name: &str, server: Option<SocketAddr>, limit: Duration) -> Lookup {
    within(limit, both(name, server, limit)).unwrap_or_else(Lookup::Unknown)
}

/// Looks up the NS records of `zone`, at `server` or at the system's resolvers.
#[must_use]
pub fn name_servers(zone: &str, server: Option<SocketAddr>, limit: Duration) -> NsLookup {
    within(limit, servers_of(zone, server, limit)).unwrap_or_else(NsLookup::Unknown)
}

/// Runs `question` to its end, or says why there is none.
fn within<T>(limit: Duration, question: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| "the lookup could not be started".to_owned())?;
    let found = runtime.block_on(async { tokio::time::timeout(limit, question).await });
    runtime.shutdown_background();
    found.map_err(|_| silence(limit))
}

async fn servers_of(zone: &str, server: Option<SocketAddr>, limit: Duration) -> NsLookup {
    let resolver = match resolver(server, limit) {
        Ok(resolver) => resolver,
        Err(reason) => return NsLookup::Unknown(reason),
    };
    let zone = absolute(zone);
    match resolver.lookup(zone.as_str(), RecordType::NS).await {
        Ok(found) => {
            let server = |data: &RData| match data {
                RData::NS(name) => Some(name.0.to_ascii()),
                _ => None,
            };
            let mut servers: Vec<String> = found
                .iter()
                .filter_map(server)
                .map(|name| name.trim_end_matches('.').to_ascii_lowercase())
                .collect();
            servers.sort_unstable();
            servers.dedup();
            // These come from whoever answers for the name: what is no host's name is not repeated.
            if servers.iter().any(|name| !is_dns_name(name)) {
                NsLookup::Unknown("the resolver named a name server that is no host's name".to_owned())
            } else if servers.is_empty() {
                NsLookup::Absent
            } else {
                NsLookup::Present(servers)
            }
        }
        Err(error) => match of_error(&error, limit) {
            Lookup::Unknown(reason) => NsLookup::Unknown(reason),
            Lookup::Absent | Lookup::Present(_) => NsLookup::Absent,
        },
    }
}

/// With the last dot, search domains don't apply.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

async fn both(name: &str, server: Option<SocketAddr>, limit: Duration) -> Lookup {
    let resolver = match resolver(server, limit) {
        Ok(resolver) => resolver,
        Err(reason) => return Lookup::Unknown(reason),
    };
    let name = absolute(name);
    let second = {
        let (resolver, name) = (resolver.clone(), name.clone());
        tokio::spawn(async move { one(&resolver, &name, RecordType::AAAA, limit).await })
    };
    let first = one(&resolver, &name, RecordType::A, limit).await;
    let second = second
        .await
        .unwrap_or_else(|_| Lookup::Unknown("the lookup broke off".to_owned()));
    join(first, second)
}

/// Addresses of either kind are addresses; without any, one question without an answer leaves it unknown.
fn join(first: Lookup, second: Lookup) -> Lookup {
    match (first, second) {
        (Lookup::Present(mut some), Lookup::Present(more)) => {
            some.extend(more);
            some.sort_unstable();
            some.dedup();
            Lookup::Present(some)
        }
        (Lookup::Present(some), _) | (_, Lookup::Present(some)) => Lookup::Present(some),
        (Lookup::Unknown(reason), _) | (_, Lookup::Unknown(reason)) => Lookup::Unknown(reason),
        (Lookup::Absent, Lookup::Absent) => Lookup::Absent,
    }
}

fn resolver(server: Option<SocketAddr>, limit: Duration) -> Result<TokioResolver, String> {
    let mut builder = match server {
        Some(server) => {
            let servers = NameServerConfigGroup::from_ips_clear(&[server.ip()], server.port(), true);
            let config = ResolverConfig::from_parts(None, Vec::new(), servers);
            TokioResolver::builder_with_config(config, TokioConnectionProvider::default())
        }
        None => TokioResolver::builder_tokio()
            .map_err(|_| "this machine's resolver settings can't be read".to_owned())?,
    };
    let options = builder.options_mut();
    options.use_hosts_file = ResolveHosts::Never;
    options.timeout = limit.mul_f32(0.4);
    options.attempts = 2;
    Ok(builder.build())
}

async fn one(resolver: &TokioResolver, name: &str, kind: RecordType, limit: Duration) -> Lookup {
    match resolver.lookup(name, kind).await {
        Ok(found) => {
            let address = |data: &RData| match data {
                RData::A(address) => Some(IpAddr::V4(address.0)),
                RData::AAAA(address) => Some(IpAddr::V6(address.0)),
                _ => None,
            };
            let mut addresses: Vec<IpAddr> = found.iter().filter_map(address).collect();
            addresses.sort_unstable();
            addresses.dedup();
            if addresses.is_empty() {
                Lookup::Absent
            } else {
                Lookup::Present(addresses)
            }
        }
        Err(error) => of_error(&error, limit),
    }
}

fn of_error(error: &ResolveError, limit: Duration) -> Lookup {
    match error.proto().map(ProtoError::kind) {
        Some(ProtoErrorKind::NoRecordsFound {
            response_code,
            ns,
            soa,
            ..
        }) => match response_code {
            // A referral without an answer: the server sends us on, and says nothing itself.
            ResponseCode::NoError if ns.is_some() && soa.is_none() => {
                Lookup::Unknown("the resolver does not answer for this name itself".to_owned())
            }
            ResponseCode::NXDomain | ResponseCode::NoError => Lookup::Absent,
            ResponseCode::ServFail => Lookup::Unknown("the resolver answered SERVFAIL".to_owned()),
            ResponseCode::Refused => Lookup::Unknown("the resolver refused the question".to_owned()),
            _ => Lookup::Unknown("the resolver answered with an error".to_owned()),
        },
        Some(ProtoErrorKind::Timeout) => Lookup::Unknown(silence(limit)),
        _ => Lookup::Unknown("the resolver could not be reached".to_owned()),
    }
}

fn silence(limit: Duration) -> String {
    format!("no resolver answered within {} s", limit.as_secs())
}
