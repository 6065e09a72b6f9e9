//! Finds the path that a client probably meant when it asked for one that nobody has.

use super::Provider;

/// Longer paths (in bytes) get no suggestion: the comparison is quadratic in the length.
const MAX_LENGTH: usize = 200;

/// The path of an operation that is nearest to `path`, with the client's own values for path parameters.
///
/// Taken for the same are: upper and lower case, doubled slashes and one at the end. Otherwise the most
/// segments in common at the end of both paths win, which finds a missing, an additional or another
/// provider's prefix; then the fewest typing mistakes. `None` if no path is near, or if the nearest one is
/// `path` itself.
#[must_use]
pub fn nearest_path(providers: &[Provider], path: &str) -> Option<String> {
    if path.len() > MAX_LENGTH {
        return None;
    }
    let came = segments(path);
    let known = providers.iter().flat_map(|provider| provider.operations).map(|it| it.path);
    let (_, nearest) = known
        .filter_map(|template| distance(&came, &segments(template)).zip(Some(template)))
        .min_by(|left, right| left.0.cmp(&right.0))?;
    let mut filled = filled(&segments(nearest), &came);
    if nearest.ends_with('/') {
        filled.push('/');
    }
    (filled != path).then_some(filled)
}

/// The segments of a path that are not empty.
fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

/// How far a path is from a template: less is nearer. `None` if it is too far for a suggestion.
fn distance(came: &[&str], template: &[&str]) -> Option<(usize, usize)> {
    let is_same =
        |came: &str, wanted: &str| is_parameter(wanted) || came.eq_ignore_ascii_case(wanted);
    let pairs = || came.iter().rev().zip(template.iter().rev());
    let in_common = pairs().take_while(|(came, wanted)| is_same(came, wanted)).count();
    let is_literal = pairs().take(in_common).any(|(_, wanted)| !is_parameter(wanted));
    if in_common > 0 && is_literal {
        // What the longer of the two has beyond the common end.
        return Some((0, came.len().max(template.len()) - in_common));
    }
    let came = came.join("/").to_ascii_lowercase();
    let wanted = template.join("/").to_ascii_lowercase();
    let mistakes = strsim::damerau_levenshtein(&came, &wanted);
    (mistakes <= wanted.len() / 3).then_some((1, mistakes))
}

/// The template with the values of the client in place of its parameters, counted from the end.
fn filled(template: &[&str], came: &[&str]) -> String {
    let from_end = |index: usize| {
        let back = template.len() - index;
        came.len().checked_sub(back).and_then(|at| came.get(at)).copied()
    };
    let mut path = String::new();
    for (index, segment) in template.iter().enumerate() {
        let value = if is_parameter(segment) { from_end(index) } else { None };
        path.push('/');
        path.push_str(value.unwrap_or(segment));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::ALL;

    #[test]
    fn the_path_that_was_meant_is_found() {
        for (path, meant) in [
            ("/FortApi/reportingapi", Some("/FortAPI/reportingApi")),
            ("//api//reports", Some("/api/reports")),
            ("/api/reports/", Some("/api/reports")),
            ("/reports/count", Some("/api/reports/count")),
            ("/v2/api/reports", Some("/api/reports")),
            ("/extend/company/report", Some("/api/extend/company/report/")),
            ("/api/v2/report/create", Some("/v2/report/create")),
            ("/v2/GetReport/trxnactivity", Some("/reporting/v1/GetReport/trxnactivity")),
            ("/reporting/v1/getreport/deposits", Some("/reporting/v1/GetReport/deposits")),
            ("/api/raports", Some("/api/reports")),
            ("/favicon.ico", None),
            ("/api/reports", None),
            ("", None),
        ] {
            assert_eq!(nearest_path(ALL, path).as_deref(), meant, "{path}");
        }
        assert_eq!(nearest_path(ALL, &format!("/api/{}", "reports/".repeat(30))), None);
    }
}
