//! A small disk of its own, to be filled.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::must;

/// A file system in memory; unmounted when dropped.
///
/// It has to be dropped after what uses it, and mounted before that is started: what runs in a
/// namespace sees later mounts only where the system passes them on.
pub struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// A disk of this size.
    pub fn new(mebibytes: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let size = format!("size={mebibytes}m");
        must("mount", &["-t", "tmpfs", "-o", &size, "lanterm-test", path]);
        Self { folder }
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Writes a file until nothing more fits.
    pub fn fill(&self) {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.ballast())
            .unwrap();
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        let probe = self.path().join("probe");
        let is_full = File::create(&probe)
            .and_then(|mut file| file.write_all(&[0]))
            .is_err();
        let _ = std::fs::remove_file(probe);
        assert!(is_full, "the disk still has room");
    }

    /// Removes that file.
    pub fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that is about to end may still have it.
        let _ = Command::new("umount").arg("-l").arg(self.path()).output();
    }
}
