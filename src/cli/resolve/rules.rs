//! The rule of each flag, for the cases in which there is no text that could break it.

use super::lookup::switch_rule;
use crate::model::{
    Approve, BadInput, BucketName, CertArn, ChartRegistry, ClusterName, ColorChoice, DnsProvider, DnsServer,
    ExecMode, LogLevel, Namespace, Need, NodeCount, NodeType, OutputFormat, Phase, Profile, Region,
    RootDomain, Scheme, SiteDomain, Subnets, TimeLimit, ToolboxImage, ToolboxNetwork, ToolboxSource,
};
use crate::model::{EventsTo, Form, Formed};
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
        "subnets" => of::<Subnets>(),
        "dns-provider" => of::<DnsProvider>(),
        "scheme" => of::<Scheme>(),
        "dns-server" => of::<DnsServer>(),
        "phase" => of::<Phase>(),
        "approve" => of::<Approve>(),
        "exec" => of::<ExecMode>(),
        "timeout" => of::<TimeLimit>(),
        "toolbox-image" => of::<ToolboxImage>(),
        "toolbox-network" => of::<ToolboxNetwork>(),
        "toolbox-source" => of::<ToolboxSource>(),
        "events" => of::<EventsTo>(),
        "output" => of::<OutputFormat>(),
        "color" => of::<ColorChoice>(),
        "log-level" => of::<LogLevel>(),
        "output-env" => Some(path_rule()),
        "set-values" => Some(values_rule()),
        "action" => Some(BadInput::new(
            "one of preflight, install, policy, schema, kube-token, man",
            "preflight",
        )),
        "for" => of::<Need>(),
        "dns-check" | "has-billing" | "has-admin" | "has-dns" | "write-env" | "overwrite-env"
        | "read-only" | "quiet" | "versioning" | "write-kubeconfig" => Some(switch_rule()),
        _ => None,
    }
}

/// What a JSON Schema can say of a flag's text; none where its words or its type say all.
#[must_use]
pub fn form_of(flag: &str) -> Option<Form> {
    Some(match flag {
        "profile" => Profile::FORM,
        "region" => Region::FORM,
        "cluster" => ClusterName::FORM,
        "namespace" => Namespace::FORM,
        "bucket" => BucketName::FORM,
        "node-type" => NodeType::FORM,
        "root-domain" => RootDomain::FORM,
        "domain" => SiteDomain::FORM,
        "cert-arn" => CertArn::FORM,
        "chart-registry" => ChartRegistry::FORM,
        "subnets" => Subnets::FORM,
        "dns-server" => DnsServer::FORM,
        "approve" => Approve::FORM,
        "timeout" => TimeLimit::FORM,
        "toolbox-image" => ToolboxImage::FORM,
        "toolbox-network" => ToolboxNetwork::FORM,
        // The same form of path; `-` is taken apart by the flag's own rule.
        "events" | "output-env" | "set-values" => EventsTo::FORM,
        _ => return None,
    })
}

/// Whether the flag takes `text`, as far as the text alone can say.
#[must_use]
pub fn takes(flag: &str, text: &str) -> bool {
    fn of<T: FromStr<Err = BadInput>>(text: &str) -> bool {
        text.parse::<T>().is_ok()
    }
    match flag {
        "profile" => of::<Profile>(text),
        "region" => of::<Region>(text),
        "cluster" => of::<ClusterName>(text),
        "namespace" => of::<Namespace>(text),
        "bucket" => of::<BucketName>(text),
        "node-type" => of::<NodeType>(text),
        "node-count" => of::<NodeCount>(text),
        "root-domain" => of::<RootDomain>(text),
        "domain" => of::<SiteDomain>(text),
        "cert-arn" => of::<CertArn>(text),
        "dns-server" => of::<DnsServer>(text),
        "chart-registry" => of::<ChartRegistry>(text),
        "subnets" => of::<Subnets>(text),
        "approve" => of::<Approve>(text),
        "timeout" => of::<TimeLimit>(text),
        "toolbox-image" => of::<ToolboxImage>(text),
        "toolbox-network" => of::<ToolboxNetwork>(text),
        "toolbox-source" => of::<ToolboxSource>(text),
        "events" | "set-values" => of::<EventsTo>(text),
        _ => false,
    }
}

/// The rule of `--output-env`: Linux takes 255 bytes a part of a path and 4095 in all (`limits.h`).
pub(super) fn path_rule() -> BadInput {
    path("lakehouse_ingext.env")
}

/// The rule of `--set-values`, as far as the text alone can say.
pub(super) fn values_rule() -> BadInput {
    path("values.yaml")
}

fn path(example: &str) -> BadInput {
    BadInput::new(
        "a file's path without control characters, 255 bytes a part",
        example,
    )
}
