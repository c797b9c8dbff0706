//! Memory and restart with many live journeys.

use std::num::NonZeroU32;
use std::path::Path;

use embedded::{DataDir, ProgramClock, Store};
use journey::contact::{Classification, Contact, Locale, OptOut};
use journey::port::{KeepContact, Precondition};
use journey::{Flow, IdKey, Provider, Reference};
use tokio::task::JoinSet;

use crate::load::{self, Load, reference};
use crate::program::{self, IDENTITY, Program};
use crate::report::{Figure, Report, Target};
use crate::{Settings, progress};

/// Contacts that are stored at the same time.
const AT_ONCE: usize = 512;

/// Restarts for each round of the other measurements.
const RESTARTS: u32 = 3;

/// Makes contacts, has a webhook of each delivered twice, and looks at the process; then kills it
/// and starts it again.
pub(crate) async fn measure(program: &Program, settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    let folder = settings.folder()?;
    let folder = folder.path();
    program.configure(folder).await?;
    let journeys = settings.journeys;
    progress(&format!("memory, {journeys} contacts"));
    fill(folder, journeys).await?;
    let server = program.serve(folder).await?;
    let empty = server.memory("VmRSS")?;
    // Once to begin, once more to touch every journey when all of them are there.
    for chapter in 0..2 {
        progress(&format!("memory, {journeys} webhooks, {} of 2", chapter + 1));
        load::deliver(Load::of_each(server.address, settings.connections, journeys, chapter)).await?;
    }
    let (resident, highest) = (server.memory("VmRSS")?, server.memory("VmHWM")?);
    server.kill().await?;
    progress("memory, restarts");
    let (mut ready, mut restarted) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds * RESTARTS {
        let server = program.serve(folder).await?;
        ready.push(server.ready_after.as_secs_f64());
        restarted.push(server.memory("VmRSS")?);
        server.kill().await?;
    }
    let figure = |what: String, values, floor, target| Figure {
        what,
        unit: "MB",
        values,
        floor,
        target,
    };
    report.add(figure(
        format!("memory with {journeys} live journeys, all touched (floor: before the first)"),
        vec![resident],
        vec![empty],
        Target::Below(150.0),
    ));
    report.add(figure(
        "memory, the most there ever was".to_owned(),
        vec![highest],
        Vec::new(),
        Target::None,
    ));
    report.add(figure(
        "memory after a restart".to_owned(),
        restarted,
        Vec::new(),
        Target::None,
    ));
    let bare = bare_start(program, settings).await?;
    report.add(Figure {
        what: "restart after a kill, until it answers (floor: an empty folder)".to_owned(),
        unit: "s",
        values: ready,
        floor: bare,
        target: Target::Below(2.0),
    });
    Ok(())
}

/// Starts with a folder in which nothing ever happened.
async fn bare_start(program: &Program, settings: &Settings) -> anyhow::Result<Vec<f64>> {
    let folder = settings.folder()?;
    program.configure(folder.path()).await?;
    let mut ready = Vec::new();
    for _ in 0..=settings.rounds * RESTARTS {
        let server = program.serve(folder.path()).await?;
        ready.push(server.ready_after.as_secs_f64());
        server.kill().await?;
    }
    // The first one made the database.
    Ok(ready.split_off(1))
}

/// Stores the contacts directly, as an import would.
pub(crate) async fn fill(folder: &Path, contacts: u32) -> anyhow::Result<()> {
    let data = DataDir::open(program::data(folder))?;
    let clock = ProgramClock::open(&data, NonZeroU32::MIN)?;
    let store = Store::open(&data, IdKey::new(IDENTITY)?, clock)?;
    let mut writes = JoinSet::new();
    for number in 0..contacts {
        if writes.len() >= AT_ONCE
            && let Some(written) = writes.join_next().await
        {
            written??;
        }
        let (store, contact) = (store.clone(), contact(number)?);
        writes.spawn(async move { store.put_contact(&contact, &Precondition::None).await });
    }
    while let Some(written) = writes.join_next().await {
        written??;
    }
    Ok(())
}

fn contact(number: u32) -> anyhow::Result<Contact> {
    Ok(Contact {
        provider: Provider::Leap,
        reference: Reference::new(reference(number))?,
        email: Some(format!("customer-{number}@example.com")),
        phone: None,
        push: None,
        consent: std::collections::BTreeMap::new(),
        first_name: Some("Ana".to_owned()),
        locale: Locale::En,
        zone: Some("America/Los_Angeles".to_owned()),
        state: None,
        flow: Flow::Connect,
        region: Some("CAISO".to_owned()),
        classification: Classification::Residential,
        utility: None,
        sharing_ends_at: None,
        link: None,
        opted_out: OptOut::NOTHING,
    })
}
