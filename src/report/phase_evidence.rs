//! What the phases core, stream, datalake and ingress leave behind: releases, workloads, and each one's own facts.

use super::InstallEvidence;
use crate::model::Phase;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Helm release of the install.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseEvidence {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its chart.
    pub chart: String,
    /// The chart's version.
    pub version: String,
    /// helm's word: `deployed`.
    pub status: String,
}

/// What a chart made that has to become ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadEvidence {
    /// `Deployment`, `StatefulSet` or `Job`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How many of its pods are ready in their newest form; of a Job: how many completed.
    pub ready: u32,
    /// How many there shall be.
    pub wanted: u32,
    /// Whether all of it is ready.
    pub is_ready: bool,
}

/// Core: what the lakehouse stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CoreEvidence {
    /// The namespace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// Whether this run made the namespace.
    pub namespace_created: bool,
    /// The service account of the lake's pods.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service_account: Option<String>,
    /// Whether the secret `app-secret` is there with its token.
    pub app_secret: bool,
    /// Its releases.
    pub releases: Vec<ReleaseEvidence>,
    /// Their workloads.
    pub workloads: Vec<WorkloadEvidence>,
}

/// Stream: the community services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamEvidence {
    /// The site's domain that the services are told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site_domain: Option<String>,
    /// Whether the first run's Job has completed.
    pub init_completed: bool,
    /// Its releases.
    pub releases: Vec<ReleaseEvidence>,
    /// Their workloads.
    pub workloads: Vec<WorkloadEvidence>,
}

/// Datalake: the lake's services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatalakeEvidence {
    /// The bucket that the lake is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bucket_name: Option<String>,
    /// The node pools that are ready, each with its node class.
    pub node_pools: Vec<String>,
    /// The volume by which the lake's pods see the bucket, where its claim is bound to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub volume: Option<String>,
    /// Its releases.
    pub releases: Vec<ReleaseEvidence>,
    /// Their workloads.
    pub workloads: Vec<WorkloadEvidence>,
}

/// Ingress: how the site is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IngressEvidence {
    /// Its releases.
    pub releases: Vec<ReleaseEvidence>,
    /// Their workloads.
    pub workloads: Vec<WorkloadEvidence>,
}

impl InstallEvidence {
    /// Core's evidence, made empty where it is absent.
    pub fn core(&mut self) -> &mut CoreEvidence {
        self.core.get_or_insert_default()
    }

    /// Stream's evidence, made empty where it is absent.
    pub fn stream(&mut self) -> &mut StreamEvidence {
        self.stream.get_or_insert_default()
    }

    /// Datalake's evidence, made empty where it is absent.
    pub fn datalake(&mut self) -> &mut DatalakeEvidence {
        self.datalake.get_or_insert_default()
    }

    /// Ingress's evidence, made empty where it is absent.
    pub fn ingress(&mut self) -> &mut IngressEvidence {
        self.ingress.get_or_insert_default()
    }

    /// Adds a release to its phase; the first three phases tell of theirs in fields of their own.
    pub fn add_release(&mut self, phase: Phase, release: ReleaseEvidence) {
        match phase {
            Phase::Foundation | Phase::Storage | Phase::Compute => {}
            Phase::Core => self.core().releases.push(release),
            Phase::Stream => self.stream().releases.push(release),
            Phase::Datalake => self.datalake().releases.push(release),
            Phase::Ingress => self.ingress().releases.push(release),
        }
    }

    /// Adds a workload to its phase, as [`Self::add_release`].
    pub fn add_workload(&mut self, phase: Phase, workload: WorkloadEvidence) {
        match phase {
            Phase::Foundation | Phase::Storage | Phase::Compute => {}
            Phase::Core => self.core().workloads.push(workload),
            Phase::Stream => self.stream().workloads.push(workload),
            Phase::Datalake => self.datalake().workloads.push(workload),
            Phase::Ingress => self.ingress().workloads.push(workload),
        }
    }
}
