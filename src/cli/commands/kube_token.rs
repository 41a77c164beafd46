//! `lakehouse kube-token`: what kubectl runs to get a token (client-go's exec plugins).

use super::preflight::interrupted_code;
use crate::cli::run::{Context, DONE, FAILED, style};
use crate::clients::aws::Eks;
use crate::clients::{Asker, explain};
use crate::gateway::environment::Identity;
use crate::gateway::read_only::ReadOnly;
use crate::model::{AwsProfileFacts, ClusterName, Profile, Region};
use crate::render::text;
use crate::report::{Code, Failure};
use crate::runner::Workplace;
use std::io::Write;

/// Prints the token, and nothing else on stdout; gives the exit code. What went wrong stands on stderr, which kubectl
/// shows.
#[must_use]
pub fn kube_token(
    context: &Context,
    cluster: &ClusterName,
    profile: Option<&Profile>,
    region: &Region,
    facts: &AwsProfileFacts,
) -> i32 {
    let document = match credential(context, cluster, profile, region, facts) {
        Ok(document) => document,
        Err(failure) => {
            let shown = text::failure(&failure, style(&context.options, &std::io::stderr()));
            let _ = std::io::stderr().write_all(shown.as_bytes());
            return match failure.code {
                Code::Interrupted => interrupted_code(context),
                _ => FAILED,
            };
        }
    };
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{document}").and_then(|()| stdout.flush()) {
        Ok(()) => DONE,
        Err(_) => FAILED,
    }
}

fn credential(
    context: &Context,
    cluster: &ClusterName,
    profile: Option<&Profile>,
    region: &Region,
    facts: &AwsProfileFacts,
) -> Result<serde_json::Value, Failure> {
    let identity = Identity {
        profile: profile.map(|profile| profile.as_str().to_owned()),
        region: Some(region.as_str().to_owned()),
        keys: None,
    };
    let workplace = Workplace::open(
        &context.run,
        &context.options,
        identity,
        Some(facts),
        &context.progress,
    )
    .map_err(|unopened| unopened.failure)?;
    let eks = Eks {
        gateway: &ReadOnly(&workplace.gateway),
    };
    let token = eks.token(cluster);
    workplace.close();
    let token = token.map_err(|error| {
        let asker = Asker {
            profile,
            region,
            mode: workplace.exec.mode,
        };
        let explained = explain(&error, &asker);
        Failure {
            code: explained.code,
            purpose: error.purpose,
            message: explained.reason,
            remediation: Some(explained.remedy),
            tool_output: Some(error.said).filter(|said| !said.is_empty()),
        }
    })?;
    Ok(serde_json::json!({
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": { "expirationTimestamp": token.expires.to_string(), "token": token.secret },
    }))
}
