//! The suite on one machine.

use conformance::OnOneMachine;

conformance::every_check!(OnOneMachine::open());
