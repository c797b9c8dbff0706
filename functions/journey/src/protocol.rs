//! The protocol around [`decide`](crate::decide).
