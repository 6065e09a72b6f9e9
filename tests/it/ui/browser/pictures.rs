//! The pictures of the README: made here with `UPDATE_PICTURES=1`, and checked to be those of these pages.

use std::fs;
use std::path::Path;

use super::driver::Browser;
use super::wrong_signature;
use crate::support::Server;

/// Most bytes of a picture.
const MAX_PICTURE: usize = 200 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_shows_the_start_and_a_diagnosis() {
    let Some(browser) = Browser::start().await else { return };
    let server = Server::start().await;
    for _ in 0..2 {
        wrong_signature(&server).await;
    }
    browser.size(1280, 800).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (file, path, says) in [
        ("page-start.png", "", "PayFort"),
        ("page-diagnosis.png", "journal/2", "Why it was refused"),
    ] {
        browser.go(&format!("{}/_admin/ui/{path}", server.url)).await;
        assert!(browser.text().await.contains(says), "{path}");
        let picture = browser.picture().await;
        // What the test takes is a picture of the promised size, as the committed one is.
        is_picture(file, &picture);
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            fs::write(folder.join(file), &picture).unwrap();
        }
        is_picture(file, &fs::read(folder.join(file)).unwrap());
    }
}

/// A PNG of 1280 × 800 pixels (its header has the size) with at most [`MAX_PICTURE`] bytes.
#[track_caller]
fn is_picture(file: &str, picture: &[u8]) {
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"), "{file}");
    assert_eq!(picture[16..24], [0, 0, 5, 0, 0, 0, 3, 32], "{file}");
    assert!(picture.len() <= MAX_PICTURE, "{file}: {} bytes", picture.len());
}
