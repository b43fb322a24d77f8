//! Replays what the fuzzer found worth keeping: every file of `fuzz/corpus`, in every test run.
//!
//! A finding of the fuzzer becomes a test by being copied there.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

#[path = "../fuzz/targets/mod.rs"]
mod targets;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// What a folder holds, sorted by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = read.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn replay(target: &str) {
    let (_, body) = targets::ALL
        .into_iter()
        .find(|(name, _)| *name == target)
        .expect("a known target");
    let files = entries(&corpus().join(target));
    assert!(!files.is_empty(), "no corpus for {target}");
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let result = catch_unwind(AssertUnwindSafe(|| body(&bytes)));
        assert!(result.is_ok(), "{} breaks a rule", file.display());
    }
}

#[test]
fn a_link_keeps_its_rules_whatever_it_is_sent() {
    replay("link_frames");
}

#[test]
fn a_relay_keeps_its_rules_whatever_members_say() {
    replay("relay");
}

#[test]
fn text_keeps_its_rules_whatever_is_typed() {
    replay("strings");
}

#[test]
fn two_links_deliver_everything_whatever_the_network_did() {
    replay("two_ends");
}

#[test]
fn parsers_keep_their_rules_whatever_arrives() {
    replay("wire");
}

#[test]
fn every_folder_of_the_corpus_has_a_target() {
    let names: Vec<_> = targets::ALL.map(|(name, _)| name).to_vec();
    let folders = entries(&corpus());
    let folders: Vec<_> = folders
        .iter()
        .filter_map(|folder| folder.file_name()?.to_str())
        .collect();
    assert_eq!(folders, names);
}
