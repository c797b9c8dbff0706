//! The pages' style, whole: the policy names it by its hash.

pub(super) const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1b2733; --soft: #52606d; --paper: #f6f8f7; --card: #ffffff; --line: #d9e0dd; --go: #0b6b4f; --on-go: #ffffff; --bad: #a3261d; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef2f0; --soft: #b3c0ba; --paper: #121715; --card: #1b2320; --line: #33403a; --go: #4cc79a; --on-go: #08130f; --bad: #ffaea5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
.brand { color: var(--soft); font-weight: 600; margin: .5rem 0 1rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.1875rem; line-height: 1.3; margin: 1.75rem 0 .25rem; }
p, ul, ol, dl { margin: .5rem 0; } ul, ol { padding-left: 1.25rem; } li { margin: .25rem 0; }
dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0; }
.terms dd:first-of-type { font-size: 1.375rem; font-weight: 600; line-height: 1.3; }
@media (min-width: 34rem) { .terms { display: grid; grid-template-columns: 9.5rem 1fr; gap: .25rem 1rem; align-items: baseline; } .terms dt { grid-column: 1; margin: 0; } .terms dd { grid-column: 2; } }
a { color: var(--go); }
.links { list-style: none; padding: 0; } .links a { display: block; padding: .25rem 0; }
button { font: inherit; font-weight: 600; width: 100%; padding: .875rem 1rem; margin-top: 1rem; border: 0; border-radius: .5rem; background: var(--go); color: var(--on-go); cursor: pointer; }
button.second { background: transparent; color: var(--ink); border: 1px solid var(--soft); }
button[aria-disabled=true] { cursor: progress; background: transparent; color: var(--soft); border: 1px solid var(--soft); }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0 0; padding: .5rem 1rem; min-width: 0; }
legend { font-weight: 600; padding: 0 .25rem; }
.choice { display: flex; align-items: flex-start; gap: .75rem; cursor: pointer; padding: .5rem 0; } .field + .choice { margin-top: .75rem; }
.choice input { flex: none; width: 1.5rem; height: 1.5rem; margin: .0625rem 0 0; accent-color: var(--go); }
.choice input:not(:checked) { appearance: none; border: 2px solid var(--soft); border-radius: .1875rem; }
.choice input[type=radio]:not(:checked) { border-radius: 50%; }
button:focus-visible, input:focus-visible, input[type=date]:focus-within, select:focus-visible, a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.soft { color: var(--soft); font-size: .9375rem; }
.field { margin-top: 1rem; } .field label { font-weight: 600; } .field p { margin: .25rem 0; }
.field input, .field select { font: inherit; width: 100%; min-height: 2.75rem; padding: .5rem .75rem; color: var(--ink); background: var(--card); border: 1px solid var(--soft); border-radius: .5rem; }
.error { color: var(--bad); font-weight: 600; }
.wrong { border: 2px solid var(--bad); border-radius: .5rem; padding: .5rem 1rem; margin: 0 0 1rem; } .wrong h2 { margin: .25rem 0; } .wrong a { color: var(--bad); }
.steps { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style-position: inside; padding: 0; margin: .25rem 0 1rem; font-size: .9375rem; color: var(--soft); }
.steps [aria-current] { color: var(--ink); font-weight: 600; }
.plan { border: 1px solid var(--line); border-radius: .5rem; padding: .25rem 1rem 1rem; margin-top: 1rem; } .plan h2 { margin-top: .75rem; }
form:has(#same:checked) .other { display: none; }
.chart { display: block; width: 100%; height: auto; margin: .75rem 0 .25rem; } .chart rect { fill: var(--go); } .ends { display: flex; justify-content: space-between; gap: 1rem; margin: 0; } .ends :last-child { text-align: right; }
.state { list-style: none; padding: 0; } .state li { padding-left: 1.75rem; } .state li::before { content: '○'; float: left; margin-left: -1.75rem; color: var(--soft); } .state .done::before { content: '✓'; color: var(--go); font-weight: 700; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; font-weight: 400; overflow-wrap: normal; padding: .375rem 0; border-bottom: 1px solid var(--line); } thead th { font-weight: 600; } td, thead th + th { text-align: right; padding-left: .75rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; padding: .5rem 0; }
#payment { margin-top: 1rem; min-height: 2.75rem; } #payment-error { border: 2px solid var(--bad); border-radius: .5rem; padding: .5rem 1rem; margin: 1rem 0 0; }
";
