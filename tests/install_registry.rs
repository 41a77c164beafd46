//! A chart registry that fails in the middle of an install: told as the registry's, once, and nothing is brought back
//! or written twice.

mod install_memory;

use install_memory::*;
use lakehouse::clients::Ask;
use lakehouse::gateway::{CommandSpec, Tool};
use lakehouse::report::Effect;
use lakehouse::steps::install::{Decision, Write};
use std::sync::Arc;

const HOST: &str = "https://registry.invalid/v2/ingext/etcd-single/manifests/1.0.0";

fn write() -> Write {
    let purpose = "install the chart `etcd-single` 1.0.0";
    let mut spec = CommandSpec::read(Tool::Helm, purpose, ["make", "etcd-single"]);
    spec.effect = Effect::Write;
    Write::cluster(Ask { spec, action: "" })
}

#[test]
fn what_the_registry_answers_is_told_as_its_doing_and_asked_once() {
    let fetch = "Error: failed to perform \"FetchReference\" on source:";
    for (said, code, word, remedy) in [
        (
            format!("{fetch} GET \"{HOST}\": response status code 401: unauthorized: authentication required"),
            "CHART_REGISTRY_UNREACHABLE",
            "asks for a login",
            "helm registry login",
        ),
        (
            format!("{fetch} GET \"{HOST}\": basic credential not found"),
            "CHART_REGISTRY_UNREACHABLE",
            "asks for a login",
            "helm registry login",
        ),
        (
            format!("{fetch} registry.invalid/ingext/etcd-single:1.0.0: not found"),
            "CHART_NOT_FOUND",
            "does not hold etcd-single 1.0.0",
            "helm show chart",
        ),
        (
            "Error: manifest does not contain minimum number of descriptors (2), descriptors found: 0".to_owned(),
            "CHART_REGISTRY_UNREACHABLE",
            "is no chart registry",
            "wants a sign-in first",
        ),
        (
            "Error: looks like \"https://charts.invalid\" is not a valid chart repository or cannot be reached: failed to fetch https://charts.invalid/index.yaml : 401 Unauthorized".to_owned(),
            "CHART_REGISTRY_UNREACHABLE",
            "asks for a login",
            "helm registry login",
        ),
        (
            "Error: chart \"etcd-single\" version \"1.0.0\" not found in https://charts.invalid repository".to_owned(),
            "CHART_NOT_FOUND",
            "does not hold etcd-single 1.0.0",
            "helm show chart",
        ),
    ] {
        let account = Account::with_cluster();
        let said: &'static str = Box::leak(said.into_boxed_str());
        account.fault("helm make", 9, Fault::Says(said));
        let seen = Arc::clone(&account);
        let it = step("etcd-single", &[], move |_| {
            Ok(if seen.sees("etcd-single") {
                Decision::settled("there", wanted("etcd-single"))
            } else {
                Decision::create("made", wanted("etcd-single"), vec![write()])
            })
        });
        let report = install(&account, vec![it]);
        assert_eq!(brief(&report), format!("failed {code}"), "{said}");
        let asked = account.writes().iter().filter(|line| line.starts_with("helm")).count();
        assert_eq!(asked, 1, "{said}");
        let failure = report.failure.unwrap();
        assert!(failure.message.contains(word), "{said}: {}", failure.message);
        assert!(failure.remediation.unwrap().contains(remedy), "{said}");
        assert_eq!(failure.tool_output.as_deref(), Some(said), "helm's words, in their own field");
    }
}
