//! Why a measurement cannot be taken, in words.

pub(crate) type Problem = Box<dyn std::error::Error>;
