//! The network that a cluster stands in, and the tags on it.

use super::Ec2;
use crate::clients::aws::tags::{Tag, Tags, list, map_of};
use crate::clients::call::{Ask, ask, done, formed, json, json_list, or_absent};
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::is_word;
use serde::Deserialize;

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// Its availability zone, `us-east-2a`.
    pub zone: String,
    /// The zone by the name that means the same in every account, `use2-az1`.
    pub zone_id: Option<String>,
    /// How many of its addresses nobody has.
    pub free_addresses: u32,
    /// Whether an instance that starts in it gets a public address.
    pub public_ip_on_launch: bool,
    /// Its address range.
    pub cidr: String,
    /// Its tags.
    pub tags: Tags,
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Its first address range.
    pub cidr: String,
    /// Its tags.
    pub tags: Tags,
    /// Whether AWS's name server answers in it.
    pub dns_support: bool,
    /// Whether its instances get names.
    pub dns_hostnames: bool,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// Whether it is the VPC's own, which rules every subnet that no table names.
    pub is_main: bool,
    /// The subnets that it is named for.
    pub subnets: Vec<String>,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The addresses that it is for, `0.0.0.0/0`; none where a prefix list names them.
    pub destination: Option<String>,
    /// Where it leads: `igw-…`, `nat-…`, `local`, …; none where that is of another kind.
    pub target: Option<String>,
    /// Whether it works: what it leads to is there.
    pub is_active: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSubnets {
    subnets: Vec<RawSubnet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSubnet {
    subnet_id: String,
    vpc_id: String,
    availability_zone: String,
    availability_zone_id: Option<String>,
    available_ip_address_count: u32,
    map_public_ip_on_launch: bool,
    cidr_block: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawVpcs {
    vpcs: Vec<RawVpc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawVpc {
    vpc_id: String,
    cidr_block: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawDns {
    vpc_id: String,
    enable_dns_support: Option<RawFlag>,
    enable_dns_hostnames: Option<RawFlag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawFlag {
    value: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawGroups {
    security_groups: Vec<RawGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawGroup {
    group_id: String,
    vpc_id: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawTables {
    route_tables: Vec<RawTable>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawTable {
    route_table_id: String,
    vpc_id: String,
    #[serde(default)]
    associations: Vec<RawAssociation>,
    routes: Vec<RawRoute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAssociation {
    main: Option<bool>,
    subnet_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawRoute {
    destination_cidr_block: Option<String>,
    destination_ipv6_cidr_block: Option<String>,
    gateway_id: Option<String>,
    nat_gateway_id: Option<String>,
    transit_gateway_id: Option<String>,
    egress_only_internet_gateway_id: Option<String>,
    state: Option<String>,
}

impl Ec2<'_> {
    /// The subnets of these ids, sorted by id. One that is not in the answer does not exist in the account's region:
    /// asked by a filter, EC2 leaves it out and tells of the others all the same.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn subnets(&self, ids: &[String]) -> Result<Vec<Subnet>, CallError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.subnets_by(
            &format!("Name=subnet-id,Values={}", ids.join(",")),
            "read the subnets",
            |subnet| ids.contains(&subnet.id),
        )
    }

    /// The subnets of a VPC, sorted by id.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn subnets_of(&self, vpc: &str) -> Result<Vec<Subnet>, CallError> {
        self.subnets_by(
            &format!("Name=vpc-id,Values={vpc}"),
            &format!("read the subnets of the VPC `{vpc}`"),
            |subnet| subnet.vpc == vpc,
        )
    }

    fn subnets_by(
        &self,
        filter: &str,
        purpose: &str,
        was_asked: impl Fn(&Subnet) -> bool,
    ) -> Result<Vec<Subnet>, CallError> {
        let args = ["ec2", "describe-subnets", "--filters", filter];
        let question = Ask::aws(purpose, "ec2:DescribeSubnets", args);
        ask(self.gateway, &question, |bytes| {
            let found = parse_network(bytes)?;
            if found.iter().all(&was_asked) {
                Ok(found)
            } else {
                Err(ParseFailure::Form("Subnets[]"))
            }
        })
    }

    /// A VPC with what it does about names, or nothing where EC2 has none of this id. Three questions.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn vpc(&self, id: &str) -> Result<Option<Vpc>, CallError> {
        let filter = format!("Name=vpc-id,Values={id}");
        let args = ["ec2", "describe-vpcs", "--filters", filter.as_str()];
        let question = Ask::aws(&format!("read the VPC `{id}`"), "ec2:DescribeVpcs", args);
        let Some(mut vpc) = ask(self.gateway, &question, |bytes| parse_vpc(bytes, id))? else {
            return Ok(None);
        };
        vpc.dns_support = self.dns(id, "enableDnsSupport")?;
        vpc.dns_hostnames = self.dns(id, "enableDnsHostnames")?;
        Ok(Some(vpc))
    }

    fn dns(&self, id: &str, attribute: &str) -> Result<bool, CallError> {
        let args = [
            "ec2",
            "describe-vpc-attribute",
            "--vpc-id",
            id,
            "--attribute",
            attribute,
        ];
        let purpose = format!("read how names are resolved in the VPC `{id}`");
        let question = Ask::aws(&purpose, "ec2:DescribeVpcAttribute", args);
        ask(self.gateway, &question, |bytes| parse_dns(bytes, id, attribute))
    }

    /// A security group, or nothing where EC2 itself says that there is none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn security_group(&self, id: &str) -> Result<Option<SecurityGroup>, CallError> {
        let args = ["ec2", "describe-security-groups", "--group-ids", id];
        let purpose = format!("read the security group `{id}`");
        let question = Ask::aws(&purpose, "ec2:DescribeSecurityGroups", args);
        let answer = ask(self.gateway, &question, |bytes| parse_security_group(bytes, id));
        or_absent(answer, &["InvalidGroup.NotFound"])
    }

    /// The route tables of a VPC, sorted by id.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn route_tables(&self, vpc: &str) -> Result<Vec<RouteTable>, CallError> {
        let filter = format!("Name=vpc-id,Values={vpc}");
        let args = ["ec2", "describe-route-tables", "--filters", filter.as_str()];
        let purpose = format!("read the routes of the VPC `{vpc}`");
        let question = Ask::aws(&purpose, "ec2:DescribeRouteTables", args);
        ask(self.gateway, &question, |bytes| parse_route_tables(bytes, vpc))
    }

    /// Puts `tags` on the things with these ids; their other tags stay.
    ///
    /// # Errors
    /// [`CallError`] where that is not known to be done.
    pub fn create_tags(&self, ids: &[String], tags: &Tags) -> Result<(), CallError> {
        let mut args = vec![
            "ec2".to_owned(),
            "create-tags".to_owned(),
            "--resources".to_owned(),
        ];
        args.extend(ids.iter().cloned());
        args.extend(["--tags".to_owned(), list(tags).to_string()]);
        let purpose = format!("tag `{}`", ids.join("`, `"));
        ask(
            self.gateway,
            &Ask::aws_write(&purpose, "ec2:CreateTags", args),
            done,
        )
    }
}

/// Reads `ec2 describe-subnets`, sorted by id.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_network(bytes: &[u8]) -> Result<Vec<Subnet>, ParseFailure> {
    let raw: RawSubnets = json_list(bytes)?;
    let mut subnets = raw
        .subnets
        .into_iter()
        .map(|raw| {
            Ok(Subnet {
                id: formed(raw.subnet_id, is_id, "Subnets[].SubnetId")?,
                vpc: formed(raw.vpc_id, is_id, "Subnets[].VpcId")?,
                zone: formed(raw.availability_zone, is_id, "Subnets[].AvailabilityZone")?,
                zone_id: raw
                    .availability_zone_id
                    .map(|id| formed(id, is_id, "Subnets[].AvailabilityZoneId"))
                    .transpose()?,
                free_addresses: raw.available_ip_address_count,
                public_ip_on_launch: raw.map_public_ip_on_launch,
                cidr: formed(raw.cidr_block, is_range, "Subnets[].CidrBlock")?,
                tags: map_of(raw.tags, "Subnets[].Tags")?,
            })
        })
        .collect::<Result<Vec<_>, ParseFailure>>()?;
    subnets.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(subnets)
}

/// Reads `ec2 describe-vpcs` for the VPC `id`, without what other questions tell of it.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another VPC.
pub fn parse_vpc(bytes: &[u8], id: &str) -> Result<Option<Vpc>, ParseFailure> {
    let raw: RawVpcs = json_list(bytes)?;
    if raw.vpcs.is_empty() {
        return Ok(None);
    }
    let Ok([raw]) = <[RawVpc; 1]>::try_from(raw.vpcs) else {
        return Err(ParseFailure::Form("Vpcs"));
    };
    Ok(Some(Vpc {
        id: formed(raw.vpc_id, |found| found == id, "Vpcs[].VpcId")?,
        cidr: formed(raw.cidr_block, is_range, "Vpcs[].CidrBlock")?,
        tags: map_of(raw.tags, "Vpcs[].Tags")?,
        dns_support: false,
        dns_hostnames: false,
    }))
}

/// Reads one `attribute` of `ec2 describe-vpc-attribute` for the VPC `id`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another VPC.
pub fn parse_dns(bytes: &[u8], id: &str, attribute: &str) -> Result<bool, ParseFailure> {
    let raw: RawDns = json(bytes)?;
    formed(raw.vpc_id, |found| found == id, "VpcId")?;
    let flag = match attribute {
        "enableDnsSupport" => raw.enable_dns_support,
        _ => raw.enable_dns_hostnames,
    };
    flag.map(|flag| flag.value).ok_or(ParseFailure::Form("Value"))
}

/// Reads `ec2 describe-security-groups` for the group `id`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another group.
pub fn parse_security_group(bytes: &[u8], id: &str) -> Result<SecurityGroup, ParseFailure> {
    let raw: RawGroups = json_list(bytes)?;
    let Ok([group]) = <[RawGroup; 1]>::try_from(raw.security_groups) else {
        return Err(ParseFailure::Form("SecurityGroups"));
    };
    Ok(SecurityGroup {
        id: formed(group.group_id, |found| found == id, "SecurityGroups[].GroupId")?,
        vpc: group
            .vpc_id
            .map(|vpc| formed(vpc, is_id, "SecurityGroups[].VpcId"))
            .transpose()?,
        tags: map_of(group.tags, "SecurityGroups[].Tags")?,
    })
}

/// Reads `ec2 describe-route-tables` for the VPC `vpc`, sorted by id.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer, or one about another VPC.
pub fn parse_route_tables(bytes: &[u8], vpc: &str) -> Result<Vec<RouteTable>, ParseFailure> {
    let raw: RawTables = json_list(bytes)?;
    let mut tables = Vec::new();
    for raw in raw.route_tables {
        formed(raw.vpc_id, |found| found == vpc, "RouteTables[].VpcId")?;
        let is_main = raw.associations.iter().any(|it| it.main == Some(true));
        let subnets = raw
            .associations
            .into_iter()
            .filter_map(|it| it.subnet_id)
            .map(|id| formed(id, is_id, "RouteTables[].Associations[].SubnetId"))
            .collect::<Result<_, _>>()?;
        tables.push(RouteTable {
            id: formed(raw.route_table_id, is_id, "RouteTables[].RouteTableId")?,
            is_main,
            subnets,
            routes: raw.routes.into_iter().map(route).collect::<Result<_, _>>()?,
        });
    }
    tables.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(tables)
}

fn route(raw: RawRoute) -> Result<Route, ParseFailure> {
    let target = raw
        .gateway_id
        .or(raw.nat_gateway_id)
        .or(raw.transit_gateway_id)
        .or(raw.egress_only_internet_gateway_id);
    let destination = raw.destination_cidr_block.or(raw.destination_ipv6_cidr_block);
    Ok(Route {
        destination: destination
            .map(|range| formed(range, is_range, "RouteTables[].Routes[].DestinationCidrBlock"))
            .transpose()?,
        target: target
            .map(|id| formed(id, is_id, "RouteTables[].Routes[].GatewayId"))
            .transpose()?,
        is_active: raw.state.as_deref() == Some("active"),
    })
}

fn is_id(text: &str) -> bool {
    is_word(text, 64)
}

/// An address range: `10.0.0.0/16`, `2001:db8::/32`.
fn is_range(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'/');
    !text.is_empty() && text.len() <= 49 && text.bytes().all(plain)
}
