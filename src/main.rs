//! `sandtill`: arguments → command → exit code; nothing else.

fn main() -> std::process::ExitCode {
    sandtill::cli::main()
}
