//! The samples as a picture: memory, the oldest timer, the slowest answers, the rate, under the provider's troubles.

use std::path::Path;

use anyhow::anyhow;
use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Rectangle, Text};
use plotters::prelude::SVGBackend;
use plotters::series::LineSeries;
use plotters::style::{BLACK, Color, IntoFont, RGBColor, WHITE};

use super::watch::Sample;

const SIZE: (u32, u32) = (1_000, 900);

/// The lines, and the bands of trouble behind them.
const LINE: RGBColor = RGBColor(31, 88, 150);
const BAND: RGBColor = RGBColor(230, 170, 90);

type Panel = (&'static str, fn(&Sample) -> f64);

const PANELS: [Panel; 5] = [
    ("resident memory, MB", |sample| sample.resident_mb),
    ("oldest timer that is due, s of real time", |sample| sample.oldest_s),
    ("webhooks answered, /s", |sample| sample.rate),
    ("99 % of webhooks answered within, ms", |sample| sample.p99_ms),
    ("journeys that are live, thousands", |sample| sample.live as f64 / 1e3),
];

/// Draws.
pub(crate) fn draw(samples: &[Sample], file: &Path) -> anyhow::Result<()> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(problem)?;
    for (area, panel) in root.split_evenly((PANELS.len(), 1)).iter().zip(PANELS) {
        draw_panel(area, samples, panel)?;
    }
    root.present().map_err(problem)
}

fn draw_panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    samples: &[Sample],
    (name, value): Panel,
) -> anyhow::Result<()> {
    let minutes = |sample: &Sample| sample.at_s / 60.0;
    let end = samples.last().map_or(1.0, minutes);
    let most = samples.iter().map(value).fold(0.0, f64::max).max(1.0) * 1.15;
    let mut chart = ChartBuilder::on(area)
        .caption(name, ("sans-serif", 14).into_font())
        .margin(6)
        .margin_right(24)
        .x_label_area_size(20)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..end, 0.0..most)
        .map_err(problem)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .x_label_formatter(&|minute| format!("{minute:.0} min"))
        .draw()
        .map_err(problem)?;
    for (from, to, trouble) in bands(samples) {
        let band = Rectangle::new([(from / 60.0, 0.0), (to / 60.0, most)], BAND.mix(0.3).filled());
        let label = Text::new(
            trouble,
            (from / 60.0, most * 0.98),
            ("sans-serif", 11).into_font().color(&BLACK),
        );
        chart.draw_series([band]).map_err(problem)?;
        chart.draw_series([label]).map_err(problem)?;
    }
    let points = samples.iter().map(|sample| (minutes(sample), value(sample)));
    chart.draw_series(LineSeries::new(points, &LINE)).map_err(problem)?;
    Ok(())
}

/// From when to when there was which trouble, in seconds.
fn bands(samples: &[Sample]) -> Vec<(f64, f64, &'static str)> {
    let mut bands: Vec<(f64, f64, &'static str)> = Vec::new();
    let mut before = 0.0;
    for sample in samples {
        if !sample.trouble.is_empty() {
            match bands
                .last_mut()
                .filter(|(_, to, trouble)| (*to, *trouble) == (before, sample.trouble))
            {
                Some((_, to, _)) => *to = sample.at_s,
                None => bands.push((before, sample.at_s, sample.trouble)),
            }
        }
        before = sample.at_s;
    }
    bands
}

/// The library's errors are not to be sent between threads.
fn problem(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("the picture cannot be drawn: {error}")
}
