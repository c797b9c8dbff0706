//! Rekindle on one machine: the same functions in one process, and the operator's commands.
