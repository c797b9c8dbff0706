//! The calls that only a sandbox App may make.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::clock::whole_second;
use crate::light::api::guard::Caller;
use crate::light::engine::Shared;
use crate::light::refusal::Refusal;
use crate::light::world::World;

type Answer = Result<Json<Value>, Refusal>;

/// Takes the enrolment back.
pub(crate) async fn delete_enrollment(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Answer {
    let mut world = shared.world();
    world.for_sandbox()?;
    world.delete_enrollment(&caller.0);
    Ok(Json(json!({})))
}

/// Begins service with its usage history, as Light's example app uses it; does nothing before an
/// enrolment is finalized.
pub(crate) async fn seed_demo_data(State(shared): State<Arc<Shared>>, Extension(caller): Extension<Caller>) -> Answer {
    let now = whole_second(shared.clock.now());
    let mut world = shared.world();
    world.for_sandbox()?;
    if let Some(location) = world.newest(&caller.0)
        && world.activate(&caller.0, &location, now)
    {
        world.supply_history(&caller.0, &location, now);
    }
    Ok(Json(json!({})))
}

impl World {
    fn for_sandbox(&self) -> Result<(), Refusal> {
        if self.config.is_live {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "This is for sandbox Apps only."));
        }
        Ok(())
    }
}
