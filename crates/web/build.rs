//! Says in one line what to run when the bundled front end is not there, before the compiler says it in ten.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=ui/dist");
    println!("cargo::rerun-if-changed=i18n");
    // Pages of the console too; a new one is seen by nothing else.
    println!("cargo::rerun-if-changed=../../docs/statistics");
    let wanted = ["app.js", "app.css", "standalone.css"];
    if wanted.iter().any(|file| !Path::new("ui/dist").join(file).is_file()) {
        println!(
            "cargo::error=the pages' scripts and styles are not built: run `make ui` (needs Node 20 or newer)"
        );
    }
}
