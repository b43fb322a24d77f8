//! The `lanterm` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    lanterm::cli::run::main()
}
