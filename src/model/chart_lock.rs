//! The charts' lock: the one place that says which charts an install takes, of which version, and from where.

mod rules;

use super::ChartRegistry;
use serde::Deserialize;
use std::fmt;
use std::sync::LazyLock;

/// `charts.lock.json`, compiled in.
pub const CHART_LOCK: &str = include_str!("../../charts.lock.json");

/// The lock as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChartLock {
    /// Shape of the file; 1.
    pub schema_version: u32,
    /// Every chart once, in the order in which install first takes it.
    pub charts: Vec<LockedChart>,
}

/// One chart.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedChart {
    /// Its name.
    pub name: String,
    /// Where it is published: `oci://HOST/PATH`, or a chart repository `https://HOST/PATH`.
    pub registry: String,
    /// The exact version.
    pub version: String,
    /// Of the OCI manifest, `sha256:…`: what helm prints as `Digest:` after a pull. `null` where it is not known; a
    /// chart repository has none.
    #[serde(deserialize_with = "written")]
    pub digest: Option<String>,
}

/// `null` must be written: a digest that was left out by mistake is not one that is unknown.
fn written<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(from)
}

/// A chart as helm is asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartReference {
    /// `oci://HOST/PATH/CHART`; of a chart repository the chart's name alone.
    pub url: String,
    /// The chart repository, helm's `--repo`; none for an OCI registry.
    pub repository: Option<String>,
    /// The exact version.
    pub version: String,
    /// The digest that the pull must show; none where none is known, or the chart is a mirror's.
    pub digest: Option<String>,
}

static COMPILED: LazyLock<ChartLock> = LazyLock::new(|| {
    ChartLock::read(CHART_LOCK).unwrap_or(ChartLock {
        schema_version: 0,
        charts: Vec::new(),
    })
});

impl ChartLock {
    /// The lock that this program was built with. A file that breaks a rule gives a lock without charts, so that
    /// nothing is installed from it; a test keeps such a file from being built.
    #[must_use]
    pub fn compiled() -> &'static Self {
        &COMPILED
    }

    /// A lock from its text, held against its rules.
    ///
    /// # Errors
    /// One line that names the file, the chart and the rule.
    pub fn read(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|why| format!("charts.lock.json: {why}"))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let lock: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        rules::check(&lock)?;
        Ok(lock)
    }

    /// A lock in place of the compiled one: it keeps to the same rules, and holds every chart of that one.
    ///
    /// # Errors
    /// One line that names the chart and the rule.
    pub fn in_place(text: &str) -> Result<Self, String> {
        let lock = Self::parse(text)?;
        match Self::compiled()
            .charts
            .iter()
            .find(|chart| lock.chart(&chart.name).is_none())
        {
            Some(missing) => Err(format!(
                "charts: {}: it is not there, and an install needs it",
                missing.name
            )),
            None => Ok(lock),
        }
    }

    /// The chart of this name.
    #[must_use]
    pub fn chart(&self, name: &str) -> Option<&LockedChart> {
        self.charts.iter().find(|chart| chart.name == name)
    }

    /// Of each registry and repository that install takes charts from, the first chart, and each whose digest is known:
    /// helm 3 takes none with a chart that it installs. A mirror must hold them all: those of somebody else's registry are
    /// the ones that it lacks most easily.
    #[must_use]
    pub fn asked_for_beforehand(&self) -> Vec<&LockedChart> {
        let mut asked: Vec<&LockedChart> = Vec::new();
        for chart in &self.charts {
            let is_new = asked.iter().all(|other| other.registry != chart.registry);
            if is_new || chart.digest.is_some() {
                asked.push(chart);
            }
        }
        asked
    }
}

impl LockedChart {
    /// `ingext-aws-gp3 0.1.0`, for messages.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// How helm is asked for it: with a mirror from there, whatever its own registry is; else from its own.
    ///
    /// A mirror's chart has no digest to hold: pushing a chart writes a manifest of its own, with the time in it.
    #[must_use]
    pub fn reference(&self, mirror: Option<&ChartRegistry>) -> ChartReference {
        let oci = |registry: &str| format!("{registry}/{}", self.name);
        let (url, repository) = match mirror {
            Some(mirror) => (oci(mirror.as_str()), None),
            None if self.registry.starts_with(rules::OCI) => (oci(&self.registry), None),
            None => (self.name.clone(), Some(self.registry.clone())),
        };
        ChartReference {
            url,
            repository,
            version: self.version.clone(),
            digest: self.digest.clone().filter(|_| mirror.is_none()),
        }
    }
}

impl ChartReference {
    /// helm's words for it: the chart, its repository and version.
    #[must_use]
    pub fn args(&self) -> Vec<String> {
        let mut args = vec![self.url.clone(), "--version".to_owned(), self.version.clone()];
        if let Some(repository) = &self.repository {
            args.extend(["--repo".to_owned(), repository.clone()]);
        }
        args
    }
}

impl fmt::Display for ChartReference {
    /// The same words, as they stand in a command.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.args().join(" "))
    }
}

#[cfg(test)]
mod tests;
