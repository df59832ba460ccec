//! Tells cargo that the binary holds the packs and the migrations, so that a new file among them is noticed.

fn main() {
    println!("cargo:rerun-if-changed=questions");
    println!("cargo:rerun-if-changed=migrations");
}
