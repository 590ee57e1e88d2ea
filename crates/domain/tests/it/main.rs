//! One binary for all integration tests of the domain: the kernels against the plain model.

mod kernels;
