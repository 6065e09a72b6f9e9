//! Files and functions stay short enough to be read in one go.

use super::files;

const LINES_OF_A_FILE: usize = 400;
const LINES_OF_A_FUNCTION: usize = 60;

/// The functions of a file with the number of their lines. The layout is that of rustfmt: a function ends
/// at the first brace that closes as far left as it begins.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let tokens: Vec<&str> = code.split_whitespace().take(6).collect();
        let Some(position) = tokens.iter().position(|word| *word == "fn") else { continue };
        let is_head = tokens.iter().take(position).all(|word| {
            word.starts_with("pub") || ["const", "async", "in", "extern"].contains(word)
        });
        if !is_head || code.ends_with('}') {
            continue;
        }
        let indent = &line[..line.len() - code.len()];
        let (closed, ended) = (format!("{indent}}}"), format!("{indent})"));
        let end = lines.iter().skip(start + 1).position(|line| {
            // A declaration without a body ends with its parameters.
            line.starts_with(&closed) || (line.starts_with(&ended) && line.ends_with(';'))
        });
        let name = tokens.get(position + 1).copied().unwrap_or_default();
        found.push((name.to_owned(), end.map_or(1, |end| end + 2)));
    }
    found
}

#[test]
fn files_and_functions_are_short() {
    let mut long = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for (path, text) in files(folder, "rs") {
            let (path, lines) = (path.display().to_string(), text.lines().count());
            if lines > LINES_OF_A_FILE {
                long.push(format!("{path} has {lines} lines"));
            }
            for (name, lines) in functions(&text) {
                if lines > LINES_OF_A_FUNCTION {
                    long.push(format!("{name} in {path} has {lines} lines"));
                }
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_lines_of_a_function_are_counted() {
    let text =
        "pub(super) async fn a(\n    it: u8,\n) {\n    b();\n}\n\nfn c() {}\n    fn d() {\n    }\n";
    assert_eq!(functions(text), [("a(".to_owned(), 5), ("d()".to_owned(), 2)]);
}
