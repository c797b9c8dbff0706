//! What a customer costs on AWS: the real use cases over DynamoDB Local, with every request counted.

mod prices;
mod proxy;
mod share;
mod story;
mod tables;

use std::collections::BTreeMap;

use aws::{Clients, SystemClock};
use clap::Args;
use jiff::Timestamp;
use journey::port::Clock;

use crate::deployed::{self, Deployed};
use crate::ledger::{Door, Ledger, Used};
use crate::local::{self, Emulator};
use crate::world::{Surroundings, World};
use crate::{progress, say};
use share::{Share, beyond};
use story::{Kind, Story};

/// The reconciliation's first look at a customer.
const FIRST_SEEN: &str = "reconcile";

/// Its later looks, which change nothing.
const SEEN_AGAIN: &str = "reconcile again";

/// What is done outside of all stories.
const ASIDE: &str = "aside";

/// A pass each minute reads the last hour again; an instance that stays warm looks at a record that is
/// the same once more after half an hour.
const SIGHTINGS: f64 = 3.0;

/// The mixed population: an assumption, nobody has counted it.
const MIXED: [(Kind, f64); 3] = [(Kind::Alone, 0.60), (Kind::Reminded, 0.15), (Kind::HandedBack, 0.25)];

/// How many customers are followed.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Customers of each kind. A call of `meter-check` has all of them, as it has a hundred on AWS.
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(4..))]
    customers: u32,
}

/// What one customer of a kind uses, by function.
pub(crate) type Shares = BTreeMap<&'static str, Share>;

/// Measures, prints the tables, and answers whether the target is met.
pub(crate) async fn measure(options: &Options) -> anyhow::Result<bool> {
    let deployed = Deployed::new(deployed::example()?.package())?;
    progress("DynamoDB Local");
    let dynamodb = Emulator::dynamodb().await?;
    let ledger = Ledger::default();
    let proxy = proxy::start(&dynamodb.url, &ledger).await?;
    let client = Clients::from_env(&local::environment(&proxy.url, &proxy.url))?.dynamodb();
    let mut kinds = Vec::new();
    let mut fixed = BTreeMap::new();
    for kind in Kind::ALL {
        progress(kind.name());
        let table = format!("cost-{}", kind.name().replace(' ', "-"));
        local::create_table(&client, &table).await?;
        let surroundings = Surroundings::new(&client, &table, &deployed.id_key, &ledger);
        fixed = whatever_happens(&surroundings, &deployed).await?;
        let customers = usize::try_from(options.customers)?;
        let story = Story::new(&surroundings, &deployed, kind, customers)?;
        story.tell(begin()).await?;
        kinds.push((kind, shares(ledger.close(), &fixed, kind, options.customers)));
    }
    let mixed = mixed(&kinds);
    let mut columns: Vec<(&str, Shares)> = kinds.into_iter().map(|(kind, shares)| (kind.name(), shares)).collect();
    columns.push(("mixed", mixed));
    say(&tables::introduction(options.customers));
    say(&tables::uses(&columns));
    say(&tables::by_function(&columns));
    say(&tables::dollars(&columns));
    say(&tables::fixed(&fixed));
    Ok(tables::is_met(&columns))
}

/// The stories begin now: what expires is compared with the machine's own time.
fn begin() -> Timestamp {
    SystemClock.now()
}

/// What a run of the clocked functions uses when nobody has done anything: it is there with no customers at all.
async fn whatever_happens(
    surroundings: &Surroundings,
    deployed: &Deployed,
) -> anyhow::Result<BTreeMap<&'static str, Used>> {
    let (world, rules) = (surroundings.world(), &deployed.running.head.rules);
    surroundings.clock.set(begin());
    surroundings.ledger.invoked(ASIDE, Door::Inside);
    let config = reconcile::Config::new(deployed.id_key.clone());
    // The first pass of all finds no watermark.
    reconcile::pass(&world, &config, rules).await?;
    surroundings.ledger.close();
    surroundings.ledger.invoked("reconcile", Door::Inside);
    reconcile::pass(&world, &config, rules).await?;
    let pass = surroundings.ledger.close();
    surroundings.ledger.invoked("sweep", Door::Inside);
    reconcile::sweep(&Sweeping { world }, 1_000).await?;
    let sweep = surroundings.ledger.close();
    surroundings.ledger.invoked("meter-check", Door::Inside);
    let config = deployed.meter_check();
    meter_check::check(&surroundings.world(), &config, rules).await?;
    let check = surroundings.ledger.close();
    Ok(pass.into_iter().chain(sweep).chain(check).collect())
}

/// A sweep that finds nothing, and so fires nothing.
struct Sweeping {
    world: World,
}

journey::delegate_ports!(Sweeping {
    world: Clock, FindDue, Count;
});

impl journey::port::FireTimer for Sweeping {
    async fn fire_timer(&self, _journey: &journey::JourneyId, _generation: u32) {}
}

fn shares(
    used: BTreeMap<&'static str, Used>,
    fixed: &BTreeMap<&'static str, Used>,
    kind: Kind,
    customers: u32,
) -> Shares {
    let pass = fixed.get("reconcile").cloned().unwrap_or_default();
    let customers = f64::from(customers);
    let mut shares = Shares::new();
    for (function, used) in used {
        let share = match function {
            ASIDE => continue,
            FIRST_SEEN => Share::of(&beyond(&used, &pass), customers),
            SEEN_AGAIN => {
                let again = SIGHTINGS * f64::from(kind.stretches()) - 1.0;
                Share::of(&beyond(&used, &pass), customers).times(again)
            }
            _ => Share::of(&used, customers),
        };
        shares.insert(function, share);
    }
    shares
}

fn mixed(kinds: &[(Kind, Shares)]) -> Shares {
    let mut mixed = Shares::new();
    for (kind, shares) in kinds {
        let part = MIXED.iter().find(|(of, _)| of == kind).map_or(0.0, |(_, part)| *part);
        for (function, share) in shares {
            let sum = mixed.entry(function).or_default();
            *sum = sum.plus(&share.times(part));
        }
    }
    mixed
}
