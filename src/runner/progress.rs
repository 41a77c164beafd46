//! What a run tells while it works; `render` shows it.

/// Sees what a run does, as it does it. Called from any thread.
pub trait Progress: Send + Sync {
    /// Something began that takes a while; the text is for people.
    fn step(&self, text: &str);
    /// A line of a long command's output.
    fn line(&self, text: &str);
    /// The long thing has ended.
    fn done(&self);
    /// The user should know this, once.
    fn note(&self, text: &str);
}
