//! Ingresses, their class, and the controllers that make load balancers of them.

use super::Kubectl;
use super::metadata::Marks;
use super::objects::{Resource, typed};
use crate::clients::call::formed;
use crate::clients::failure::{CallError, ParseFailure};
use crate::clients::form::{is_dns_name, is_word};
use serde::Deserialize;
use serde_json::Value;

/// An Ingress.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingress {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its class; none where it names none.
    pub class: Option<String>,
    /// Its labels.
    pub labels: Marks,
    /// Its annotations.
    pub annotations: Marks,
    /// The hosts of its rules.
    pub hosts: Vec<String>,
    /// The Services behind it, each once.
    pub services: Vec<String>,
    /// Where it is reached, by its controller's word: a DNS name.
    pub address: Option<String>,
    /// Whether it is being deleted.
    pub leaving: bool,
}

/// An Ingress class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressClass {
    /// Its name.
    pub name: String,
    /// Who makes its Ingresses work: `ingress.k8s.aws/alb`.
    pub controller: String,
    /// The `IngressClassParams` that it names.
    pub parameters: Option<String>,
    /// The release that made it, by helm's own annotation; none where helm did not.
    pub release: Option<String>,
}

/// A controller of load balancers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Its deployment's namespace.
    pub namespace: String,
    /// Its deployment's name.
    pub name: String,
    /// The release that made it, `NAMESPACE/NAME`; none where helm did not.
    pub release: Option<String>,
    /// The cluster that it was told.
    pub cluster: Option<String>,
    /// Its pods' service account.
    pub service_account: String,
    /// How many of its pods are available.
    pub available: u32,
}

impl Kubectl<'_> {
    /// All Ingresses of the cluster.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn ingresses(&self) -> Result<Vec<Ingress>, CallError> {
        self.objects(Resource::INGRESS, None, &["-A"], ingress)
    }

    /// An Ingress class, or nothing where there is none of the name.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn ingress_class(&self, name: &str) -> Result<Option<IngressClass>, CallError> {
        self.object(Resource::INGRESS_CLASS, None, name, ingress_class)
    }

    /// The scheme that the `IngressClassParams` called `name` lay upon all Ingresses of their class, where they do.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn class_scheme(&self, name: &str) -> Result<Option<String>, CallError> {
        let scheme = |object: Value| {
            let scheme = object.pointer("/spec/scheme").and_then(Value::as_str);
            scheme
                .map(|text| formed(text.to_owned(), |text| is_word(text, 32), "spec.scheme"))
                .transpose()
        };
        let found = self.object(Resource::INGRESS_CLASS_PARAMS, None, name, scheme)?;
        Ok(found.flatten())
    }

    /// The deployments of the cluster, in any namespace, that call themselves `app` (`app.kubernetes.io/name`).
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn controllers(&self, app: &str) -> Result<Vec<Controller>, CallError> {
        let selector = format!("app.kubernetes.io/name={app}");
        self.objects(Resource::DEPLOYMENT, None, &["-A", "-l", &selector], controller)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    name: String,
    #[serde(default)]
    namespace: String,
    labels: Option<Marks>,
    annotations: Option<Marks>,
    deletion_timestamp: Option<String>,
}

#[derive(Deserialize)]
struct RawIngress {
    metadata: Meta,
    spec: RawSpec,
    #[serde(default)]
    status: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSpec {
    ingress_class_name: Option<String>,
    #[serde(default)]
    rules: Vec<RawRule>,
}

#[derive(Deserialize)]
struct RawRule {
    host: Option<String>,
    http: Option<RawHttp>,
}

#[derive(Deserialize)]
struct RawHttp {
    #[serde(default)]
    paths: Vec<Value>,
}

fn ingress(object: Value) -> Result<Ingress, ParseFailure> {
    let raw: RawIngress = typed(object)?;
    let (mut hosts, mut services): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for rule in raw.spec.rules {
        hosts.extend(rule.host);
        let paths = rule.http.map(|http| http.paths).unwrap_or_default();
        let names = paths.iter().filter_map(|path| {
            let name = path.pointer("/backend/service/name")?.as_str()?;
            Some(name.to_owned())
        });
        services.extend(names);
    }
    services.sort();
    services.dedup();
    let address = raw
        .status
        .pointer("/loadBalancer/ingress/0/hostname")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty())
        .map(|name| {
            formed(
                name.to_owned(),
                is_dns_name,
                "status.loadBalancer.ingress[].hostname",
            )
        })
        .transpose()?;
    Ok(Ingress {
        namespace: formed(raw.metadata.namespace, is_dns_name, "metadata.namespace")?,
        name: formed(raw.metadata.name, is_dns_name, "metadata.name")?,
        class: raw.spec.ingress_class_name,
        labels: raw.metadata.labels.unwrap_or_default(),
        annotations: raw.metadata.annotations.unwrap_or_default(),
        hosts,
        services,
        address,
        leaving: raw.metadata.deletion_timestamp.is_some(),
    })
}

#[derive(Deserialize)]
struct RawClass {
    metadata: Meta,
    spec: RawClassSpec,
}

#[derive(Deserialize)]
struct RawClassSpec {
    controller: String,
    parameters: Option<RawParameters>,
}

#[derive(Deserialize)]
struct RawParameters {
    name: String,
}

fn ingress_class(object: Value) -> Result<IngressClass, ParseFailure> {
    let raw: RawClass = typed(object)?;
    let is_controller = |text: &str| text.split('/').all(is_dns_name);
    let parameters = raw.spec.parameters.map(|parameters| parameters.name);
    Ok(IngressClass {
        release: release_of(&raw.metadata),
        name: formed(raw.metadata.name, is_dns_name, "metadata.name")?,
        controller: formed(raw.spec.controller, is_controller, "spec.controller")?,
        parameters: parameters
            .map(|name| formed(name, is_dns_name, "spec.parameters.name"))
            .transpose()?,
    })
}

/// `NAMESPACE/NAME` of the release that made it.
fn release_of(meta: &Meta) -> Option<String> {
    let annotations = meta.annotations.as_ref()?;
    let name = annotations.get("meta.helm.sh/release-name")?;
    let namespace = annotations.get("meta.helm.sh/release-namespace")?;
    (is_dns_name(name) && is_dns_name(namespace)).then(|| format!("{namespace}/{name}"))
}

#[derive(Deserialize)]
struct RawDeployment {
    metadata: Meta,
    spec: RawDeploymentSpec,
    #[serde(default)]
    status: RawStatus,
}

#[derive(Deserialize)]
struct RawDeploymentSpec {
    template: RawTemplate,
}

#[derive(Deserialize)]
struct RawTemplate {
    spec: RawPods,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPods {
    service_account_name: Option<String>,
    containers: Vec<RawContainer>,
}

#[derive(Deserialize)]
struct RawContainer {
    #[serde(default)]
    args: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawStatus {
    available_replicas: u32,
}

fn controller(object: Value) -> Result<Controller, ParseFailure> {
    let raw: RawDeployment = typed(object)?;
    let pods = raw.spec.template.spec;
    let cluster = pods
        .containers
        .iter()
        .flat_map(|container| &container.args)
        .find_map(|arg| arg.strip_prefix("--cluster-name="))
        .filter(|name| is_word(name, 100))
        .map(str::to_owned);
    let account = pods.service_account_name.unwrap_or_else(|| "default".to_owned());
    Ok(Controller {
        release: release_of(&raw.metadata),
        namespace: formed(raw.metadata.namespace, is_dns_name, "metadata.namespace")?,
        name: formed(raw.metadata.name, is_dns_name, "metadata.name")?,
        cluster,
        service_account: formed(account, is_dns_name, "spec.template.spec.serviceAccountName")?,
        available: raw.status.available_replicas,
    })
}
