//! What mends a failure: the command to type, for this profile, region and mode.

use super::{Asker, quoted};
use crate::clients::failure::{CallError, ErrorClass, Reach};
use crate::model::Region;
use crate::report::ExecMode;

/// What mends it, with the exact command.
pub(super) fn of(error: &CallError, asker: &Asker<'_>) -> String {
    use ErrorClass as C;
    let (flag, region) = (asker.flag(), asker.region);
    let name = asker.profile.map_or("default", |profile| profile.as_str());
    let docker = asker.mode == ExecMode::Docker;
    match error.class {
        C::Denied if error.action.is_empty() => "Ask the account's administrator for this permission.".to_owned(),
        C::Denied => format!("Ask the account's administrator to allow `{}` for this caller, then run again.", error.action),
        C::RoleDenied => format!("Check the role with `aws configure get role_arn{flag}`, and ask who owns it to let you use it (`sts:AssumeRole`, or the assignment in IAM Identity Center). A role that demands MFA needs `mfa_serial` in the profile."),
        C::ExpiredKeys if error.code.as_deref() == Some("RequestExpired") => "Get new temporary keys from where these came from, then run again. If they are fresh, the clock is wrong: `timedatectl set-ntp true`.".to_owned(),
        C::ExpiredKeys => "Get new temporary keys from where these came from, then run again.".to_owned(),
        // With a container there may be no browser beside it; the device code works everywhere.
        C::SsoExpired if docker => format!("`aws sso login{flag} --no-browser --use-device-code`, then run again. Without aws on this machine: `lakehouse toolbox shell`, and the same in it."),
        C::SsoExpired => format!("`aws sso login{flag}`, then run again."),
        C::LoginExpired if docker => format!("`aws login{flag} --remote`, then run again."),
        C::LoginExpired => format!("`aws login{flag}`, then run again."),
        C::NoCredentials | C::PartialCredentials => format!("`aws configure{flag}` for keys, or `aws configure sso{flag}` for single sign-on; or choose another profile with `--profile`."),
        C::InvalidKeys => format!("`aws configure{flag}` with the right keys, or another profile. If the keys are right: is the region {region} enabled in this account? `aws account list-regions{flag}`"),
        C::UnknownProfile => format!("`aws configure list-profiles` shows what there is; choose one with `--profile`, or make it: `aws configure --profile {}`.", quoted(name)),
        C::BadConfiguration => format!("Look at `aws configure list{flag}` and at the profile's lines in `~/.aws/config`; `aws configure sso{flag}` writes a single sign-on profile anew."),
        C::NoRegion => format!("Give `--region`, or `aws configure set region us-east-2{flag}`."),
        C::Unreachable(Reach::Tls) => "Behind a corporate proxy, point AWS_CA_BUNDLE at its certificate bundle, then run again.".to_owned(),
        C::Unreachable(Reach::Proxy) => "Check HTTPS_PROXY and NO_PROXY (`env | grep -i proxy`), then run again.".to_owned(),
        C::Unreachable(_) if docker => format!("Look from inside the container: `lakehouse toolbox shell`, and in it `getent hosts sts.{region}.{}`. Without a line, its DNS is at fault (`\"dns\"` in `/etc/docker/daemon.json`); with one, the way out is (`--toolbox-network` chooses the network). Where a proxy is needed, set HTTPS_PROXY, by an address that a container reaches. With AWS_ENDPOINT_URL or `endpoint_url` set, check that address instead. `{region}` must be the region meant.", suffix(region)),
        C::Unreachable(_) => format!("Check the network and that `{region}` is the region meant: `curl -sS -o /dev/null https://sts.{region}.{} && echo reached` (with AWS_ENDPOINT_URL set, or `endpoint_url` in the profile, that address instead). Where a proxy is needed, set HTTPS_PROXY.", suffix(region)),
        C::RegionDisabled => format!("`aws account enable-region --region-name {region}{flag}`, wait some minutes, then run again; or use another region with `--region`. In a new account, finish its sign-up first."),
        C::ClockSkew => "Set the clock (`timedatectl set-ntp true`; for Docker Desktop, restart it), then run again.".to_owned(),
        C::Throttled => "Wait a minute, then run again.".to_owned(),
        C::ServiceFault => "Wait a minute, then run again; https://health.aws.amazon.com shows whether AWS has trouble.".to_owned(),
        C::CredentialProcess if docker => format!("Run with `--exec local`, or hand temporary keys in: `eval \"$(aws configure export-credentials{flag} --format env)\"`, then run without `--profile`."),
        C::CredentialProcess => format!("Run the program by hand (`aws configure get credential_process{flag}` shows it), then run again."),
        C::MfaNeeded if docker => format!("Run this on a terminal, which asks for the code; or get the role's keys first by `aws sts get-caller-identity{flag}`, which keeps them for an hour. Without aws on this machine: `lakehouse toolbox shell{flag}`, and the same in it."),
        C::MfaNeeded => format!("Run this on a terminal, which asks for the code; or get the role's keys first by `aws sts get-caller-identity{flag}`, which keeps them for an hour."),
        C::MfaRefused => format!("Wait for the device's next code (each works once), then run again; `aws configure get mfa_serial{flag}` shows which device is meant."),
        C::WebIdentityRefused => format!("Have the token's file written anew (EKS: the pod's service account; CI: the job's OIDC step), then run again. If it is new, its issuer, audience and subject must be those of the role's trust policy: `aws configure get role_arn{flag}`, or AWS_ROLE_ARN, names the role."),
        C::MissingTool if docker => "`lakehouse toolbox build`, then run again.".to_owned(),
        C::MissingTool => "Install it, or run with `--exec docker`.".to_owned(),
        C::TimedOut => "Check the network and run again; `--timeout 5m` gives it longer.".to_owned(),
        C::Interrupted | C::Conflict => "Run again: it looks at everything anew.".to_owned(),
        C::Refused => "Run without `--read-only` if the command is wanted.".to_owned(),
        C::Engine => "`docker info` shows whether the engine answers; then run again, or use `--exec local`.".to_owned(),
        C::NotKept if docker => "`docker info` shows whether the engine answers; then run again, or use `--exec local`.".to_owned(),
        C::NotKept => "Make room in `$XDG_RUNTIME_DIR`, or in the folder for temporary files (`df -h \"${TMPDIR:-/tmp}\"`), then run again.".to_owned(),
        C::BadUsage if docker => "`lakehouse toolbox build`, then run again; its own words say why.".to_owned(),
        C::BadUsage => "Upgrade the tool, or run with `--exec docker`; its own words say why.".to_owned(),
        C::Foreign => "Look at what stands there, and whose it is, in the tool's words; remove it, or choose other names, then run again.".to_owned(),
        C::Busy => "Wait until the other operation has ended, then run again; one that was cut short shows in `helm list --all --all-namespaces` or in the stack's events.".to_owned(),
        C::Invalid => "Read the tool's words: they name the field. Mend what was handed in (subnets, sizes, values), then run again.".to_owned(),
        C::NotReady => "Run again: it goes on with what stands. If it stops here once more, read what the tool names as not ready.".to_owned(),
        C::LimitReached => format!("`aws service-quotas list-service-quotas{flag} --region {region} --service-code SERVICE` shows the quotas; ask for more, or remove what is not needed, then run again."),
        C::StackFailed => format!("`aws cloudformation describe-stacks{flag} --region {region}` shows the stacks, `aws cloudformation describe-stack-events{flag} --region {region} --stack-name NAME` what failed first; mend that, then run again."),
        C::Absent | C::Exists | C::Rejected | C::Killed | C::TooMuchOutput | C::BadOutput | C::Other => "Read the tool's words, and run again with `--log-level debug`.".to_owned(),
    }
}

/// What AWS's names end with in the region's partition.
fn suffix(region: &Region) -> &'static str {
    if region.as_str().starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}
