//! Voice agents: a workflow is a graph of what the agent says and asks, a run is one walk through it.
//!
//! The modules here are pure: no clock, no database, no network. Routes, queries and channels stand beside them.

pub mod callee;
pub mod execution;
pub mod graph;
pub mod template;
