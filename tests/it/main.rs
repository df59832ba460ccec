//! The one test binary: linking many would take for ever on a small machine.

mod cli;
mod kill;
mod program;
