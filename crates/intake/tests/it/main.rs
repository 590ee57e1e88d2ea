//! What the crate does with whole files: real ones, wrong ones, and the sorter against a plain sort.

#[cfg(test)]
mod bad_inputs;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod real_files;
#[cfg(test)]
mod register;
#[cfg(test)]
mod sorting;
#[cfg(test)]
mod tools;
