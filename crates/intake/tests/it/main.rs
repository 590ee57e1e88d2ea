//! What the crate does with whole files: real ones, wrong ones, and the sorter against a plain sort.

#[cfg(test)]
mod real_files;
#[cfg(test)]
mod tools;
