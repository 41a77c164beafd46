//! Single objects and lists of them, by the API server's own JSON.

use super::{COMMAND_LIMIT, Kubectl};
use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::gateway::Tool;
use serde::Deserialize;
use serde_json::Value;

/// A kind of object, by the name that the API server itself uses in its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The plural with its group: `deployments.apps`, `secrets`.
    pub name: &'static str,
    /// The kind: `Deployment`.
    pub kind: &'static str,
}

macro_rules! resources {
    ($($constant:ident $name:literal $kind:literal;)*) => {
        impl Resource {
            $(
                #[doc = concat!("`", $kind, "`")]
                pub const $constant: Self = Self { name: $name, kind: $kind };
            )*
        }
    };
}

resources! {
    NAMESPACE "namespaces" "Namespace";
    SECRET "secrets" "Secret";
    CONFIG_MAP "configmaps" "ConfigMap";
    SERVICE_ACCOUNT "serviceaccounts" "ServiceAccount";
    POD "pods" "Pod";
    EVENT "events" "Event";
    DEPLOYMENT "deployments.apps" "Deployment";
    STATEFUL_SET "statefulsets.apps" "StatefulSet";
    JOB "jobs.batch" "Job";
    CRON_JOB "cronjobs.batch" "CronJob";
    CLAIM "persistentvolumeclaims" "PersistentVolumeClaim";
    VOLUME "persistentvolumes" "PersistentVolume";
    SERVICE "services" "Service";
    ENDPOINT_SLICE "endpointslices.discovery.k8s.io" "EndpointSlice";
    INGRESS "ingresses.networking.k8s.io" "Ingress";
    INGRESS_CLASS "ingressclasses.networking.k8s.io" "IngressClass";
    INGRESS_CLASS_PARAMS "ingressclassparams.elbv2.k8s.aws" "IngressClassParams";
    QUOTA "resourcequotas" "ResourceQuota";
    LEASE "leases.coordination.k8s.io" "Lease";
    STORAGE_CLASS "storageclasses.storage.k8s.io" "StorageClass";
    CRD "customresourcedefinitions.apiextensions.k8s.io" "CustomResourceDefinition";
    NODE_POOL "nodepools.karpenter.sh" "NodePool";
    NODE_CLASS "ec2nodeclasses.karpenter.k8s.aws" "EC2NodeClass";
}

impl Kubectl<'_> {
    /// One object, or nothing where the API server itself says that there is none. A kind that the API server does
    /// not have is no absent object: [`ErrorClass::Other`] with the code `NoResourceType`.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn get_object(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, CallError> {
        self.object(resource, namespace, name, Ok)
    }

    /// As [`Self::get_object`], read by `parse`.
    pub(super) fn object<T>(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        name: &str,
        parse: impl Fn(Value) -> Result<T, ParseFailure>,
    ) -> Result<Option<T>, CallError> {
        self.object_shown(resource, namespace, name, "json", |bytes| {
            parse(parse_object(bytes, resource, namespace, name)?)
        })
    }

    /// Of one object what `output` (`go-template=…`) prints, read by `parse`; nothing where the API server itself says
    /// that there is none.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn object_shown<T>(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        name: &str,
        output: &str,
        parse: impl Fn(&[u8]) -> Result<T, ParseFailure>,
    ) -> Result<Option<T>, CallError> {
        let purpose = format!("read the {} `{name}`", resource.kind);
        let mut args = vec!["get", resource.name, name];
        args.extend(namespace.iter().flat_map(|namespace| ["-n", namespace]));
        args.extend(["-o", output]);
        match self.ask(&purpose, &args, parse) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.class == ErrorClass::Absent => {
                if resource.says_absent(&error.said, namespace, name) {
                    return Ok(None);
                }
                // Some other "not found" says nothing about the object.
                Err(CallError {
                    class: ErrorClass::Other,
                    ..error
                })
            }
            Err(error) => Err(error),
        }
    }

    /// All objects of a kind that `filters` leave, read one by one by `parse`.
    pub(super) fn objects<T>(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        filters: &[&str],
        parse: impl Fn(Value) -> Result<T, ParseFailure>,
    ) -> Result<Vec<T>, CallError> {
        let purpose = format!("list the cluster's {}", resource.name);
        let mut args = vec!["get", resource.name];
        args.extend(namespace.iter().flat_map(|namespace| ["-n", namespace]));
        args.extend(filters);
        args.extend(["-o", "json"]);
        self.ask(&purpose, &args, |bytes| {
            parse_objects(bytes, resource)?.into_iter().map(&parse).collect()
        })
    }
}

impl Kubectl<'_> {
    /// Those of the objects that `asked`, a list, names and that are there, read by `parse`; nothing where the API has
    /// not the kind of one.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn those_of<T>(
        &self,
        purpose: &str,
        asked: &Value,
        parse: impl Fn(&[u8]) -> Result<T, ParseFailure>,
    ) -> Result<Option<T>, CallError> {
        let args = ["get", "-f", "-", "--ignore-not-found", "-o", "json"];
        let args = args.into_iter().chain(self.access_flags());
        let mut question = Ask::tool(Tool::Kubectl, purpose, args);
        question.spec.timeout = COMMAND_LIMIT;
        question.spec.stdin = Some(asked.to_string().into_bytes());
        match ask(self.gateway, &question, parse) {
            Ok(found) => Ok(Some(found)),
            // kubectl's own words, for its look at what kinds the API has.
            Err(error) if error.said.contains("no matches for kind ") => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[derive(Deserialize)]
struct RawObject {
    kind: String,
    metadata: RawNames,
}

#[derive(Deserialize)]
struct RawNames {
    name: String,
    namespace: Option<String>,
}

/// Reads one object as JSON.
///
/// # Errors
/// [`ParseFailure`] where it is not that object.
pub fn parse_object(
    bytes: &[u8],
    resource: Resource,
    namespace: Option<&str>,
    name: &str,
) -> Result<Value, ParseFailure> {
    let raw: RawObject = json(bytes)?;
    formed(raw.kind, |kind| kind == resource.kind, "kind")?;
    formed(raw.metadata.name, |found| found == name, "metadata.name")?;
    if raw.metadata.namespace.as_deref() != namespace {
        return Err(ParseFailure::Form("metadata.namespace"));
    }
    json(bytes)
}

#[derive(Deserialize)]
struct RawList {
    kind: String,
    metadata: RawListMetadata,
    items: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawListMetadata {
    #[serde(rename = "continue")]
    more: Option<String>,
    remaining_item_count: Option<u64>,
}

/// Reads a list of objects as JSON (kubectl's own `List`, whole, whatever the pages were).
///
/// # Errors
/// [`ParseFailure`] where it is not that list, and [`ParseFailure::Cut`] where more follows.
pub fn parse_objects(bytes: &[u8], resource: Resource) -> Result<Vec<Value>, ParseFailure> {
    let items = parse_mixed(bytes)?;
    if !items.iter().all(|(kind, _)| kind == resource.kind) {
        return Err(ParseFailure::Form("items[].kind"));
    }
    Ok(items.into_iter().map(|(_, item)| item).collect())
}

/// The same of several kinds, each object with its kind.
///
/// # Errors
/// As [`parse_objects`].
pub fn parse_mixed(bytes: &[u8]) -> Result<Vec<(String, Value)>, ParseFailure> {
    let raw: RawList = json(bytes)?;
    formed(raw.kind, |kind| kind == "List", "kind")?;
    let goes_on = raw.metadata.more.is_some_and(|token| !token.is_empty());
    if goes_on || raw.metadata.remaining_item_count.is_some_and(|count| count > 0) {
        return Err(ParseFailure::Cut);
    }
    let with_kind = |item: Value| {
        let kind = item.get("kind").and_then(Value::as_str).map(str::to_owned);
        Ok((kind.ok_or(ParseFailure::Form("items[].kind"))?, item))
    };
    raw.items.into_iter().map(with_kind).collect()
}

/// Reads a part of an object into its own type.
pub(super) fn typed<T: serde::de::DeserializeOwned>(object: Value) -> Result<T, ParseFailure> {
    serde_json::from_value(object).map_err(|error| ParseFailure::Json(format!("{:?}", error.classify())))
}
