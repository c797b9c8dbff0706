//! Known bad designs: each is a small patch, applied to a copy of the sources, in which the simulation must find
//! a breach. README.md has the table of them, which is also what the test reads.

mod copy;
mod table;

pub use copy::Copy;
pub use table::{Design, folder, patches, read, write};
