//! The version of the API that a request asks for, by its Api-Version header or its application.

use axum::http::HeaderMap;

use crate::sandbox::space::Moment;

/// All versions of the API, oldest first.
const VERSIONS: [&str; 12] = [
    "2011-01-15",
    "2014-01-08",
    "2015-08-15",
    "2015-09-09",
    "2015-11-18",
    "2016-06-22",
    "2016-08-10",
    "2016-12-07",
    "2017-02-01",
    "2017-05-31",
    "2018-08-29",
    "2019-04-03",
];

/// The version of the API that applies to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version(pub(super) String);

/// A version that a request cannot name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum VersionError {
    #[error("no version of the API is called `{0}`")]
    Unknown(String),
    #[error("the application may not use version `{0}`")]
    OfOthers(String),
}

/// Whether an application can have this version.
pub(super) fn check(version: &str) -> Result<(), String> {
    // Objects of the first version had another shape, and no document shows it.
    let known = VERSIONS.iter().skip(1);
    if known.clone().any(|known| *known == version) {
        return Ok(());
    }
    let known: Vec<&str> = known.copied().collect();
    Err(format!("must be one of {}", known.join(", ")))
}

impl Version {
    /// The version of the application.
    pub(super) fn of_application(moment: &Moment) -> Self {
        Self(moment.scenario().text("wepay.api_version").to_owned())
    }

    /// The version that the request asks for, or the application's.
    pub(super) fn of(moment: &Moment, headers: &HeaderMap) -> Result<Self, VersionError> {
        // One SDK always sends the header, with an empty value if no version is set.
        let requested = match headers.get("api-version") {
            None => return Ok(Self::of_application(moment)),
            Some(value) => String::from_utf8_lossy(value.as_bytes()).trim().to_owned(),
        };
        match VERSIONS.iter().position(|version| *version == requested) {
            _ if requested.is_empty() => Ok(Self::of_application(moment)),
            // Objects of this version had another shape, and no document shows it.
            Some(0) => Err(VersionError::OfOthers(requested)),
            Some(_) => Ok(Self(requested)),
            None => Err(VersionError::Unknown(requested)),
        }
    }

    /// The version of the answer to a request whose version may be wrong: then it is the application's.
    pub(super) fn of_answer(moment: &Moment, headers: &HeaderMap) -> Self {
        Self::of(moment, headers).unwrap_or_else(|_| Self::of_application(moment))
    }

    /// Whether errors have `details` and `documentation_url`.
    pub(super) fn has_details(&self) -> bool {
        self.0.as_str() >= "2018-08-29"
    }
}
