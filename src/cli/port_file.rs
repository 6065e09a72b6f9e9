//! The file with the number of the chosen port: it exists only while the server listens on that port.

use std::path::{Path, PathBuf};

use super::Failure;

/// The port file of this process. Dropping it removes the file, unless another server has replaced it.
#[derive(Debug)]
pub(super) struct PortFile {
    path: PathBuf,
    text: String,
}

/// Removes the file of an earlier server, so that nobody reads a port that is not served any more.
pub(super) fn remove_old(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(path) {
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => {
            let path = path.display();
            Err(Failure::usage(format!("--port-file {path}: the old file stays in the way: {err}")))
        }
        _ => Ok(()),
    }
}

impl PortFile {
    /// Writes the port to a temporary file first and renames it, so that a reader never sees half of it.
    pub(super) fn write(path: &Path, port: u16) -> Result<Self, Failure> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}", std::process::id()));
        let text = port.to_string();
        let written = std::fs::write(&beside, &text).and_then(|()| std::fs::rename(&beside, path));
        if let Err(err) = written {
            let _ = std::fs::remove_file(&beside);
            let path = path.display();
            return Err(Failure::usage(format!("cannot write --port-file {path}: {err}")));
        }
        Ok(Self { path: path.to_owned(), text })
    }
}

impl Drop for PortFile {
    fn drop(&mut self) {
        if std::fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
