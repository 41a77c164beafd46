//! Processes below this one: found and ended.

use rustix::process::{Pid, Signal};

/// Makes this process the parent of every orphan below it (Linux; elsewhere the process group has to do).
pub fn become_reaper() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// A session of its own: no terminal to read from, and no signals from its keys.
pub fn leave_terminal() {
    let _ = rustix::process::setsid();
}

/// SIGINT to this process's group: the tool and what it started in the same group.
pub fn interrupt_own_group() {
    let _ = rustix::process::kill_current_process_group(Signal::INT);
}

/// Ends everything below this process with SIGKILL.
#[cfg(target_os = "linux")]
pub fn end_descendants() {
    // Children of the killed ones come to us as orphans, so the list is read until it stays empty.
    for _ in 0..200 {
        let children = children();
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = rustix::process::kill_process(child, Signal::KILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// Ends the process group except this process, which has a handler for SIGTERM.
#[cfg(not(target_os = "linux"))]
pub fn end_descendants() {
    let _ = rustix::process::kill_current_process_group(Signal::TERM);
}

/// Children of this process that have not ended (`/proc/[pid]/stat`, fields 3 and 4; proc(5)).
#[cfg(target_os = "linux")]
fn children() -> Vec<Pid> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| is_live_child(&stat, own))
        })
        .filter_map(Pid::from_raw)
        .collect()
}

/// Whether a line of `/proc/[pid]/stat` is a process with this parent that has not ended.
#[cfg(target_os = "linux")]
fn is_live_child(stat: &str, parent: i32) -> bool {
    // The name in brackets may hold anything, so the fields are counted after its end.
    let Some((_, fields)) = stat.rsplit_once(')') else {
        return false;
    };
    let mut fields = fields.split_whitespace();
    let state = fields.next();
    let ppid = fields.next().and_then(|field| field.parse::<i32>().ok());
    ppid == Some(parent) && state != Some("Z")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::is_live_child;

    #[test]
    fn a_name_with_brackets_and_spaces_hides_no_child() {
        assert!(is_live_child("42 (a) b (c)) S 7 42 42 0", 7));
        assert!(
            !is_live_child("42 (sh) Z 7 42 42 0", 7),
            "an ended process needs no killing"
        );
        assert!(!is_live_child("42 (sh) S 8 42 42 0", 7));
        assert!(!is_live_child("garbage", 7));
    }
}
