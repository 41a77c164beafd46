//! The layers hold: a file imports only from lower rooms, and only the gateway starts processes.

use std::path::{Path, PathBuf};

/// From the ground up.
const ROOMS: [&str; 8] = [
    "model", "report", "gateway", "clients", "steps", "runner", "render", "cli",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The rooms that a file's text names by `crate::ROOM`, anywhere.
fn rooms_named(text: &str) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for part in code.split("crate::").skip(1) {
            let list = part
                .strip_prefix('{')
                .map_or(part, |list| list.split('}').next().unwrap_or(list));
            for name in list.split(',') {
                let room: String = name
                    .trim()
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                named.push((number + 1, room));
            }
            if !part.starts_with('{') {
                named.truncate(named.len() - (list.split(',').count() - 1));
            }
        }
    }
    named
}

#[test]
fn a_file_imports_only_from_lower_rooms() {
    let mut wrong = Vec::new();
    for path in sources(&root()) {
        let inside = path.strip_prefix(root()).unwrap();
        let Some(own) = ROOMS.iter().position(|room| inside.starts_with(room)) else {
            continue;
        };
        for (line, room) in rooms_named(&std::fs::read_to_string(&path).unwrap()) {
            if ROOMS
                .iter()
                .position(|other| *other == room)
                .is_some_and(|other| other > own)
            {
                wrong.push(format!("{}:{line} imports from {room}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_what_it_should() {
    let text = "use crate::{cli, render::text};\nuse crate::gateway::x; // crate::cli\nlet y = crate::steps::z(a, b);";
    let rooms: Vec<String> = rooms_named(text).into_iter().map(|(_, room)| room).collect();
    assert_eq!(rooms, ["cli", "render", "gateway", "steps"]);
}

#[test]
fn only_the_gateway_starts_processes() {
    for path in sources(&root()) {
        let inside = path.strip_prefix(root()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let starts = ["process::Command", "duct::", "os_pipe::"]
            .iter()
            .any(|word| code.contains(word));
        assert!(
            !starts || inside.starts_with("gateway"),
            "{} starts a process",
            inside.display()
        );
    }
}

#[test]
fn doors_stay_small() {
    for name in ["main.rs", "lib.rs"] {
        let lines = std::fs::read_to_string(root().join(name))
            .unwrap()
            .lines()
            .count();
        assert!(lines < 60, "{name} has {lines} lines");
    }
}
