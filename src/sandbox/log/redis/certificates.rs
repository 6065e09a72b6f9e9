//! Whose certificates a store with TLS may have, and what is wrong with one in a sentence for the user.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The variable with the file of the authorities that are trusted instead of those of the system. OpenSSL and the
/// TLS client of the store read it too.
pub const AUTHORITIES: &str = "SSL_CERT_FILE";

/// Checks the file of [`AUTHORITIES`], so that a wrong path ends the start and is not taken for a store that is
/// away.
pub(super) fn check(file: &Path) -> Result<(), String> {
    let wrong = |why: &str| {
        format!(
            "{AUTHORITIES} is `{}`, {why}; wanted is a PEM file with the certificate of the \
             authority that has signed that of the store",
            file.display()
        )
    };
    let text =
        std::fs::read(file).map_err(|err| wrong(&format!("which cannot be read ({err})")))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if found.is_empty() => Err(wrong("which has no certificate in PEM")),
        Ok(_) => Ok(()),
        Err(err) => Err(wrong(&format!("which is no PEM file ({err})"))),
    }
}

/// What a connection has failed with, and the likely mistake if it is one of certificates.
pub(super) fn explained(error: &str) -> String {
    // The latter when an authority that is trusted has the same name.
    let is_foreign = error.contains("UnknownIssuer") || error.contains("BadSignature");
    let advice = if is_foreign {
        format!(
            "no authority that is trusted has signed it; put that of the store into a PEM file, \
             and its path into the environment variable {AUTHORITIES}"
        )
    } else if error.contains("not valid for name") {
        "name the host in the address as its certificate does".to_owned()
    } else if error.contains("CertificateRequired") {
        "it wants a certificate of its clients, and Sandtill has none; let it have \
         `tls-auth-clients no` and a password"
            .to_owned()
    } else {
        return error.to_owned();
    };
    format!("{error}: {advice}")
}
