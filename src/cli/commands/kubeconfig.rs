//! `--write-kubeconfig`: the cluster's context in the user's own kubeconfig.

use crate::cli::run::Context;
use crate::clients::aws::eks::Cluster;
use crate::model::{Settings, Source};
use crate::render::kubeconfig::{self, Entry};
use crate::report::{Code, ExecMode, InstallReport, Note};
use std::ffi::OsStr;
use std::path::Path;

/// Writes it, and says so in the report; what hinders it is a warning, as the install stands.
pub(super) fn write(
    context: &Context,
    settings: &Settings,
    cluster: &Cluster,
    mode: ExecMode,
    report: &mut InstallReport,
) {
    let code = Code::KubeconfigNotWritten;
    let note = |message: &str, said: Option<String>| Note {
        code,
        message: message.to_owned(),
        tool_output: said,
    };
    match written(context, settings, cluster, mode) {
        Ok(path) => report.evidence.eks().kubeconfig = Some(path),
        Err(said) => {
            report.warnings.push(note(code.meaning(), Some(said)));
            report.remediation.push(note(code.remedy(), None));
        }
    }
}

fn written(
    context: &Context,
    settings: &Settings,
    cluster: &Cluster,
    mode: ExecMode,
) -> Result<String, String> {
    let env = |name: &str| {
        context
            .run
            .env
            .get(OsStr::new(name))
            .and_then(|value| value.to_str())
    };
    let path = kubeconfig::path(env("KUBECONFIG"), env("HOME").map(Path::new))
        .ok_or("neither KUBECONFIG nor HOME names a place for it")?;
    let program = std::env::current_exe().map_err(|error| format!("this program's own path: {error}"))?;
    let (Some(arn), Some(endpoint), Some(authority)) = (&cluster.arn, &cluster.endpoint, &cluster.authority)
    else {
        return Err("eks describe-cluster told no ARN, endpoint or certificate authority".to_owned());
    };
    let network = context.options.toolbox_network.as_ref();
    let entry = Entry {
        cluster: settings.cluster.value.clone(),
        arn: arn.clone(),
        endpoint: endpoint.clone(),
        authority: authority.clone(),
        region: settings.region.value.clone(),
        // AWS's own chain may choose another profile in another shell: the one of this run is written down.
        profile: settings.profile.as_ref().map(|profile| profile.value.clone()),
        program: program.display().to_string(),
        mode: mode.name().to_owned(),
        network: network
            .filter(|network| network.source != Source::Default)
            .map(|network| network.value.as_str().to_owned()),
    };
    kubeconfig::write(&path, &entry).map_err(|error| error.to_string())?;
    Ok(path.display().to_string())
}
