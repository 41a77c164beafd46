//! The program.

fn main() {
    std::process::exit(lakehouse::cli::run::main());
}
