//! The rule of each flag, for the cases in which there is no text that could break it.

use super::lookup::switch_rule;
use crate::model::{
    Approve, BadInput, BucketName, CertArn, ChartRegistry, ClusterName, ColorChoice, DnsProvider, DnsServer,
    ExecMode, LogLevel, Namespace, Need, NodeCount, NodeType, OutputFormat, Phase, Profile, Region,
    RootDomain, SiteDomain, TimeLimit, ToolboxImage, ToolboxNetwork, ToolboxSource,
};
use std::str::FromStr;

/// The rule and example of a flag (by name without `--`): what an empty text is refused with.
#[must_use]
pub fn rule_of(flag: &str) -> Option<BadInput> {
    fn of<T: FromStr<Err = BadInput>>() -> Option<BadInput> {
        "".parse::<T>().err()
    }
    match flag {
        "profile" => of::<Profile>(),
        "region" => of::<Region>(),
        "cluster" => of::<ClusterName>(),
        "namespace" => of::<Namespace>(),
        "bucket" => of::<BucketName>(),
        "node-type" => of::<NodeType>(),
        "node-count" => of::<NodeCount>(),
        "root-domain" => of::<RootDomain>(),
        "domain" => of::<SiteDomain>(),
        "cert-arn" => of::<CertArn>(),
        "chart-registry" => of::<ChartRegistry>(),
        "dns-provider" => of::<DnsProvider>(),
        "dns-server" => of::<DnsServer>(),
        "phase" => of::<Phase>(),
        "approve" => of::<Approve>(),
        "exec" => of::<ExecMode>(),
        "timeout" => of::<TimeLimit>(),
        "toolbox-image" => of::<ToolboxImage>(),
        "toolbox-network" => of::<ToolboxNetwork>(),
        "toolbox-source" => of::<ToolboxSource>(),
        "output" => of::<OutputFormat>(),
        "color" => of::<ColorChoice>(),
        "log-level" => of::<LogLevel>(),
        "output-env" => Some(path_rule()),
        "action" => Some(BadInput::new(
            "one of preflight, install, policy, schema, man",
            "preflight",
        )),
        "for" => of::<Need>(),
        "dns-check" | "has-billing" | "has-admin" | "has-dns" | "write-env" | "overwrite-env"
        | "read-only" | "quiet" => Some(switch_rule()),
        _ => None,
    }
}

/// The rule of `--output-env`: Linux takes 255 bytes a part of a path and 4095 in all (`limits.h`).
pub(super) fn path_rule() -> BadInput {
    BadInput::new(
        "a file's path without control characters, 255 bytes a part",
        "lakehouse_ingext.env",
    )
}
