//! Writes every page and every mail, with sample data, into a folder:
//! `cargo run -p freehold-console --example gallery -- /tmp/gallery`. `scripts/screenshots.sh` takes pictures of them.

mod billing_samples;
mod organization_samples;
mod page_samples;
mod samples;
mod sign_in_samples;
mod write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name the folder to write to")?;
    write::write_all(std::path::Path::new(&folder))
}
