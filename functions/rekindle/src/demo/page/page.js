// Shows the demo's state and keeps it fresh. Names and references are whatever somebody typed:
// everything goes in as text, never as markup.

const POLL_MS = 500;
const POLL_ENDED_MS = 3000;
const PATIENCE_MS = 5000;
/** One lost answer is a hiccup; this many in a row are an end. */
const FAILURES_BEFORE_END = 3;
/** How far the clock may run on its own between two answers. */
const CLOCK_AHEAD_MS = 700;
const CLOCK_TICK_MS = 100;
/** Single minutes would only flicker at an hour a second. */
const CLOCK_STEP_MS = 5 * 60_000;

const MANY_ROWS = 200;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = {
  invited: "Invited",
  opened: "Began to connect",
  at_login: "Reached the utility’s login",
  authorized: "Signed in at the utility",
  completed: "Finished",
  meter_arrived: "Meter arrived",
  connected: "Connected",
  data_arrived: "Data arrived",
  plan_requested: "Looked at plans",
  plan_accepted: "Accepted a plan",
  billing_and_payment: "Said how to bill and pay",
  finalized: "Enrollment final",
  service_active: "Service active",
};
const PROVIDERS = { leap: "Leap", bayou: "Bayou", light: "Light" };
/** What follows when a customer has finished. */
const AFTERWARDS = { leap: "meters", bayou: "data", light: "services" };
const PHASES = { live: "Under way", completed: "Finished", handed_back: "Handed back", stopped: "Stopped" };
const PHASES_LONG = {
  live: "Under way, or dropped off",
  completed: "Finished",
  handed_back: "Handed back to marketing",
  stopped: "Stopped: no more reminders",
};
const METERS = { arrived: "Arrived", awaited: "Awaited", late: "Late" };
const METER_OF = {
  leap: { awaited: "meter awaited", late: "meter late", arrived: "meter arrived", given_up: "meter never arrived" },
  bayou: { awaited: "data awaited", late: "data late", arrived: "data arrived", given_up: "data never arrived" },
  light: { awaited: "service awaited", late: "service late", arrived: "service active", given_up: "service never began" },
};
const DIAGNOSES = {
  not_started: "Opened, but did no step",
  agreements_unanswered: "Agreements not answered",
  agreement_declined: "Agreement declined",
  utility_not_connected: "Utility not connected",
  credentials_invalid: "Sign-in not accepted",
  mfa_failed: "Security code failed",
  cancelled: "Cancelled at the utility",
  login_failed: "Sign-in failed, no reason given",
  required_utilities_missing: "A required utility is missing",
  wrong_utility: "Connected another utility",
  ineligible: "Account cannot take part",
  utility_down: "Utility was down",
  provider_down: "Provider had a fault",
  nothing_left: "Nothing left to do",
  invited: "Invited, never came",
  repeated_returns: "Came back often, got no further",
  password_changed: "Password changed",
  mfa_expired: "Second factor expired",
  access_lost: "Access lost",
  address_needed: "Home not found yet",
  plan_not_chosen: "No plan chosen",
  plan_expired: "Plan expired",
  billing_address_missing: "Billing address missing",
  payment_missing: "Payment method missing",
  identity_missing: "Identity not verified",
  unrecognized: "Unknown value: please look",
};
const TOUCH_STATES = { waiting: "waiting", claimed: "going out", sent: "sent", unknown: "not known whether it went out", skipped: "skipped", spared: "no longer due" };
/** The demo runs the example campaign, whose three touches have these times. */
const TOUCH_TIMES = ["within an hour", "after 20 hours", "after 68 hours"];
const NEXT = {
  hand_back: "Hand-back",
  meter: "Meter check",
  confirm: "Confirmation",
  claim_expired: "Check of the send",
};
const FLOWS = { connect: "Leap Connect", direct_to_utility: "Directly at the utility", unknown: "Not known yet" };
const PERMISSIONS = {
  allowed: "Allowed",
  no_address: "No address",
  opted_out: "Opted out",
  suppressed: "Address suppressed",
  unknown_contact: "Contact not known",
};
const MILESTONES = {
  session_opened: "opened the session",
  step_reached: "reached a step",
  login_reached: "reached the login",
  login_failed: "login failed",
  login_succeeded: "login succeeded",
  session_closed: "closed the session",
  link_followed: "followed our link",
  meter_announced: "meter announced",
};
const LOCALES = { en: "English", es: "Spanish" };
/** How a note is drawn; what is not named here is an ordinary decision. */
const TONES = {
  sent: "sent",
  completed: "done",
  meter_arrived: "done",
  opened: "life",
  sign_of_life: "life",
  provider_activity: "life",
  came_back: "life",
  reopened: "life",
  unrecognized: "look",
  send_unknown: "look",
  meter_late: "look",
  timer_set: "minor",
  duplicate: "minor",
  stale_timer: "minor",
  already_completed: "minor",
  late_answer: "minor",
  meter_not_yet: "minor",
};

const byId = (id) => document.getElementById(id);

// --- Words ---------------------------------------------------------------------------------------

/** A value that this page does not know yet still reads as words. */
const words = (table, key) => table[key] ?? capital(String(key).replaceAll("_", " "));
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const dateFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short", year: "numeric" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" });
const timeFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const date = (ms) => dateFormat.format(ms).replace(",", "");
const time = (ms) => timeFormat.format(ms);
const dayTime = (ms) => `${dayFormat.format(ms)}, ${time(ms)}`;

function span(ms) {
  const minutes = Math.floor(Math.abs(ms) / MINUTE);
  if (minutes < 1) return "under 1 min";
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

const ago = (ms) => (ms < MINUTE ? "just now" : `${span(ms)} ago`);
const until = (ms) => (ms < MINUTE ? "now" : `in ${span(ms)}`);
const personOf = (item) => item.name || item.reference || "Unknown customer";

function armWords(arm) {
  if (arm === "holdout") return "Holdout: no reminder";
  const minutes = /^(\d+)min$/.exec(arm);
  return minutes ? `After ${minutes[1]} min` : arm;
}

/** Sentences carry exact timestamps for programs; people read them more easily so. */
const readable = (text) =>
  text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?Z/g, (stamp) => `${dayTime(Date.parse(stamp))} UTC`);

/** A touch that still waited when the journey ended will not go out any more. */
const touchState = (state, phase) => (state === "waiting" && phase !== "live" ? "spared" : state);

function nextWords(next, touches) {
  if (!next) return null;
  if (next.why !== "touch") return words(NEXT, next.why);
  const index = touches.findIndex((state) => state === "waiting");
  return index < 0 ? "Next look" : `Touch ${index + 1}`;
}

// --- The document, changed only where it differs ---------------------------------------------------

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function setText(node, text) {
  const wanted = String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function setShare(bar, share) {
  const wanted = String(Math.round(Math.max(0, Math.min(1, share || 0)) * 10_000) / 10_000);
  if (bar.style.getPropertyValue("--share") === wanted) return;
  bar.style.setProperty("--share", wanted);
  bar.toggleAttribute("data-none", wanted === "0");
}

function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

const SVG = "http://www.w3.org/2000/svg";

function makeMark() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "use"));
  return svg;
}

function setMark(svg, state) {
  setAttribute(svg, "data-state", state);
  setAttribute(svg.firstChild, "href", state in TOUCH_STATES ? `#mark-${state}` : "#mark-unknown");
}

const views = new WeakMap();

/**
 * Makes the children of `parent` the views of `items`, in their order. What stays is neither rebuilt
 * nor moved, so scroll positions, focus and running transitions survive.
 */
function keyed(parent, items, keyOf, create) {
  let known = views.get(parent);
  if (!known) views.set(parent, (known = new Map()));
  const wanted = new Set(items.map(keyOf));
  // First, as a row to be removed would otherwise make all rows behind it move.
  for (const [key, view] of known) {
    if (wanted.has(key)) continue;
    view.root.remove();
    known.delete(key);
  }
  let cursor = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let view = known.get(key);
    if (!view) known.set(key, (view = create(item)));
    view.update(item);
    if (view.root === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(view.root, cursor);
  }
}

/** An animation under way goes on: to begin it anew would need a layout for every row. */
const glow = (node) => node.classList.add("changed");

// --- The connection ----------------------------------------------------------------------------------

/** `null` until the first answer; then the last one. */
let state = null;
let failures = 0;
/** `connecting`, `running`, `finished`, `ended` or `troubled`. */
let progress = "connecting";

async function ask(path) {
  const response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw Object.assign(new Error(`${path}: ${response.status}`), { status: response.status });
  return response.json();
}

async function poll() {
  const asked = performance.now();
  let fresh = null;
  try {
    fresh = await ask("/demo/state.json");
    failures = 0;
  } catch (error) {
    failures += 1;
    if (failures >= FAILURES_BEFORE_END) setProgress(error.status ? "troubled" : "ended");
  }
  // Armed before anything is drawn: a fault in drawing must not end the polling.
  // It goes on asking after the end, slowly: a demo started again is taken up by the same page.
  const pause = failures >= FAILURES_BEFORE_END ? POLL_ENDED_MS : POLL_MS;
  setTimeout(poll, Math.max(100, pause - (performance.now() - asked)));
  if (fresh === null) return;
  setProgress(fresh.finished ? "finished" : "running");
  take(fresh);
}

function setProgress(next) {
  if (progress === next) return;
  progress = next;
  const pill = byId("progress");
  const labels = { connecting: "Connecting", running: "Running", finished: "Finished", ended: "Ended", troubled: "Waiting" };
  setText(pill, labels[next]);
  setAttribute(pill, "data-tone", next);
  const notices = {
    ended: state ? "The demo has ended; this is its last state." : "The demo does not answer. Start it with: rekindle demo",
    troubled: "The demo cannot fill this page right now; this is its last state.",
    finished: "The story is over: every customer has finished, was handed back, or was stopped.",
  };
  const notice = byId("notice");
  // Only what the customer of this page has to know takes room; a finished story says so in the clock.
  setText(notice, notices[next] ?? "");
  setHidden(notice, next !== "ended" && next !== "troubled");
  setText(byId("spoken"), notices[next] ?? "");
}

// --- The clock -----------------------------------------------------------------------------------------

const clock = { began: 0, speed: 3600, now: 0, heard: 0, shown: 0, frozen: null };
const still = matchMedia("(prefers-reduced-motion: reduce)");

function setClock(fresh) {
  const began = Date.parse(fresh.began);
  if (began !== clock.began) {
    // Another demo has begun at the same address: nothing of the last one holds.
    Object.assign(clock, { began, shown: 0, frozen: null });
    arrivals.clear();
    panel.kept.clear();
    panel.seen = null;
  }
  clock.now = Date.parse(fresh.now);
  clock.speed = fresh.speed;
  clock.heard = performance.now();
  // The program's clock runs on after the story; what is shown stays at its end.
  if (fresh.finished) clock.frozen ??= clock.now;
  else clock.frozen = null;
  const perSecond = fresh.speed * 1000;
  const pace = perSecond === HOUR ? "1 hour passes" : perSecond === 1000 ? "1 second passes" : `${span(perSecond)} pass`;
  const sentence = fresh.finished ? "The story is over." : `${pace} each second; quiet stretches are skipped.`;
  setText(byId("clock-pace"), sentence);
  tick();
}

/** The program's time that everything on the page is relative to. */
const programNow = () => clock.frozen ?? clock.now;

function tick() {
  if (!clock.now) return;
  let at = programNow();
  if (progress === "running" && !still.matches) at += clock.speed * Math.min(performance.now() - clock.heard, CLOCK_AHEAD_MS);
  // The guess may have been ahead of the next answer; a clock that goes back would look broken.
  at = Math.max(at, clock.shown);
  clock.shown = at;
  const step = clock.speed >= 600 ? CLOCK_STEP_MS : MINUTE;
  const rounded = Math.floor(at / step) * step;
  setText(byId("clock-date"), date(rounded));
  setText(byId("clock-time"), time(rounded));
  setText(byId("clock-day"), `day ${Math.floor((at - clock.began) / DAY) + 1} of the story`);
}

// --- The whole state -------------------------------------------------------------------------------------

function take(fresh) {
  const first = state === null;
  state = fresh;
  setClock(fresh);
  showFigures();
  showFunnels();
  showStack("phases", ["live", "completed", "handed_back", "stopped"], PHASES_LONG, fresh.phases);
  showStack("meters", ["arrived", "awaited", "late"], METERS, fresh.meters);
  showDiagnoses();
  showReminders();
  showArms();
  showRows(first);
  showMails(first);
  setAttribute(document.querySelector("main"), "data-filled", "yes");
  refreshPanel();
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const invitedOf = ({ funnel }) => funnel[0]?.count ?? 0;
const isMixed = () => state.providers.length > 1;

function showFigures() {
  const { reminders } = state;
  setText(byId("figure-invited"), sum(state.providers.map(invitedOf)));
  setText(byId("figure-finished"), state.phases.completed);
  setText(byId("figure-sent"), sum(reminders.sent));
  setText(byId("figure-after"), reminders.completed_after_reminder);
  const late = reminders.sent_after_completion;
  setText(byId("figure-late"), late);
  setAttribute(byId("promise"), "data-kept", late === 0 ? "yes" : "no");
  setText(byId("promise-word"), late === 0 ? "as it must stay" : "must be 0: please look");
}

function showFunnels() {
  keyed(byId("funnels"), state.providers, (entry) => entry.provider, ({ provider }) => {
    const title = make("h3", "", words(PROVIDERS, provider));
    const list = make("ol", "bars funnel");
    return {
      root: make("div", "", title, list),
      update(entry) {
        setHidden(title, !isMixed());
        showFunnel(list, entry);
      },
    };
  });
  const afterwards = state.providers.map(({ provider }) => AFTERWARDS[provider] ?? provider).join(", ");
  setText(byId("meters-title"), `${capital(afterwards)} of those who finished`);
  setHidden(byId("trial"), !state.trial);
  if (state.trial) setAttribute(byId("trial-link"), "href", state.trial);
}

function showFunnel(list, entry) {
  const invited = invitedOf(entry);
  keyed(list, entry.funnel, (entry) => entry.step, (entry) => {
    const bar = make("span", "bar");
    const track = make("span", "track", bar);
    track.setAttribute("aria-hidden", "true");
    const value = make("span", "value");
    const share = make("span", "share");
    const root = make("li", "", make("span", "label", words(STEPS, entry.step)), track, value, share);
    root.dataset.key = entry.step;
    return {
      root,
      update({ count }) {
        setShare(bar, count / invited);
        setText(value, count);
        setText(share, invited ? `${Math.round((count / invited) * 100)} %` : "–");
      },
    };
  });
}

function showStack(name, keys, labels, counts) {
  const total = sum(keys.map((key) => counts[key] ?? 0));
  const entries = keys.map((key) => ({ key, count: counts[key] ?? 0, share: total ? (counts[key] ?? 0) / total : 0 }));
  keyed(byId(`${name}-bar`), entries, (entry) => entry.key, ({ key }) => {
    const root = make("span", "bar");
    root.dataset.fill = key;
    return { root, update: ({ share }) => setShare(root, share) };
  });
  keyed(byId(name), entries, (entry) => entry.key, ({ key }) => {
    const term = make("dt", "", words(labels, key));
    term.dataset.fill = key;
    const value = make("dd");
    return { root: make("div", "", term, value), update: ({ count }) => setText(value, count) };
  });
}

function showDiagnoses() {
  const most = Math.max(1, ...state.diagnoses.map((entry) => entry.count));
  // Most first; equal ones by name, so that they do not swap places from poll to poll.
  const sorted = state.diagnoses
    .map((entry) => ({ ...entry, share: entry.count / most }))
    .sort((a, b) => b.count - a.count || (a.diagnosis < b.diagnosis ? -1 : 1));
  setHidden(byId("diagnoses-empty"), sorted.length > 0);
  keyed(byId("diagnoses"), sorted, (entry) => entry.diagnosis, ({ diagnosis }) => {
    const bar = make("span", "bar");
    const track = make("span", "track", bar);
    track.setAttribute("aria-hidden", "true");
    const value = make("span", "value");
    return {
      root: make("li", "", make("span", "label", words(DIAGNOSES, diagnosis)), track, value),
      update(entry) {
        setShare(bar, entry.share);
        setText(value, entry.count);
      },
    };
  });
}

function showReminders() {
  const { sent, skipped } = state.reminders;
  const most = Math.max(1, ...sent.map((count, index) => count + (skipped[index] ?? 0)));
  const touches = sent.map((count, index) => ({ touch: index + 1, sent: count, skipped: skipped[index] ?? 0, most }));
  keyed(byId("reminders"), touches, (entry) => entry.touch, ({ touch }) => {
    const out = make("span", "bar");
    const not = make("span", "bar skipped");
    const track = make("span", "track", out, not);
    track.setAttribute("aria-hidden", "true");
    const numbers = make("span", "numbers");
    const when = touches.length === TOUCH_TIMES.length ? TOUCH_TIMES[touch - 1] : "";
    return {
      root: make("li", "", make("strong", "", `Touch ${touch}`), make("span", "when", when), numbers, track),
      update(entry) {
        setShare(out, entry.sent / entry.most);
        setShare(not, entry.skipped / entry.most);
        setText(numbers, `${entry.sent} sent, ${entry.skipped} skipped`);
      },
    };
  });
  const { completed_after_reminder: after, sent_after_completion: late } = state.reminders;
  const kept = `Sent after completion: ${late}. The provider is asked again right before every send.`;
  const came = `${after} ${after === 1 ? "customer" : "customers"} finished after a reminder, not necessarily because of it.`;
  setText(byId("reminders-fact"), `${kept} ${came}`);
}

function showArms() {
  setHidden(byId("arms-empty"), state.arms.length > 0);
  keyed(byId("arms"), state.arms, (entry) => entry.arm, ({ arm }) => {
    const head = make("th", "", armWords(arm));
    head.scope = "row";
    const journeys = make("td", "number");
    const completed = make("td", "number");
    return {
      root: make("tr", "", head, journeys, completed),
      update(entry) {
        setText(journeys, entry.journeys);
        setText(completed, entry.completed);
      },
    };
  });
}

// --- The customers -------------------------------------------------------------------------------------------

const search = byId("search");
const collator = new Intl.Collator("en", { numeric: true });

search.addEventListener("input", () => state && showRows(true));
byId("filter").addEventListener("change", () => state && showRows(true));

/**
 * In which order the customers were first seen here. New ones join at the end, so nobody moves while
 * time passes; those that are there from the beginning stand by reference.
 */
const arrivals = new Map();

function noteArrivals() {
  state.journeys
    .filter((row) => !arrivals.has(row.id))
    .sort((a, b) => collator.compare(a.reference, b.reference) || (a.id < b.id ? -1 : 1))
    .forEach((row) => arrivals.set(row.id, arrivals.size));
}

/** `quietly`: rows that appear through a filter are not news. */
function showRows(quietly) {
  noteArrivals();
  const wanted = search.value.trim().toLocaleLowerCase("en");
  const phase = document.querySelector("#filter input:checked")?.value ?? "all";
  const matches = (row) =>
    (phase === "all" || row.phase === phase)
    && (!wanted || `${row.name}\n${row.reference}`.toLocaleLowerCase("en").includes(wanted));
  // A row with the focus, or whose panel is open, stays although it fits no longer: to take it away
  // would throw a keyboard user back to the top of the page.
  const held = document.activeElement?.closest?.(".row")?.dataset.id ?? panel.id;
  const rows = state.journeys
    .filter((row) => matches(row) || (row.id === held && !quietly))
    .sort((a, b) => arrivals.get(a.id) - arrivals.get(b.id));
  byId("rows").toggleAttribute("data-many", rows.length > MANY_ROWS);
  keyed(byId("rows"), rows, (row) => row.id, (row) => makeRow(row, quietly));
  const all = state.journeys.length;
  setText(byId("customers-count"), rows.length === all ? `${all}` : `${rows.length} of ${all}`);
  setHidden(byId("rows-empty"), rows.length > 0);
  setText(byId("rows-empty"), all === 0 ? "The first customers arrive in a moment." : "No customer matches. Try another name, or all phases.");
}

function makeRow(row, quietly) {
  const name = make("a", "clip");
  name.href = `#journey=${encodeURIComponent(row.id)}`;
  const under = make("span", "clip under");
  const pill = make("span", "pill");
  const detail = make("span", "clip under");
  const marks = make("span", "marks");
  marks.setAttribute("role", "img");
  const next = make("span", "clip");
  const seen = make("span", "clip under");
  const root = make(
    "li",
    "row",
    make("div", "who", name, under),
    make("div", "state", pill, detail),
    make("div", "marks-cell", marks),
    make("div", "next", next, seen),
  );
  root.dataset.id = row.id;
  root.addEventListener("animationend", () => root.classList.remove("changed"));
  let signature = null;
  return {
    root,
    update(fresh) {
      const latest = [fresh.name, fresh.reference, fresh.phase, fresh.diagnosis, fresh.touches, fresh.meter, fresh.episode].join();
      if (signature !== latest) {
        setText(name, personOf(fresh));
        setText(under, isMixed() ? `${words(PROVIDERS, fresh.provider)} · ${fresh.reference}` : fresh.reference);
        setText(pill, words(PHASES, fresh.phase));
        setAttribute(pill, "data-tone", fresh.phase);
        setText(detail, detailOf(fresh));
        showMarks(marks, fresh.touches.map((state) => touchState(state, fresh.phase)));
        if (signature !== null || !quietly) glow(root);
        signature = latest;
      }
      const now = programNow();
      const due = nextWords(fresh.next, fresh.touches);
      setText(next, due ? `${due} ${until(Date.parse(fresh.next.due) - now)}` : "Nothing more due");
      setText(seen, `last seen ${ago(now - Date.parse(fresh.last_sign_of_life))}`);
    },
  };
}

function detailOf(row) {
  if (row.meter) return capital(METER_OF[row.provider]?.[row.meter] ?? row.meter);
  const detail = row.diagnosis ? words(DIAGNOSES, row.diagnosis) : "";
  return row.episode > 1 ? `${detail || "Back again"} (series ${row.episode})` : detail;
}

function showMarks(marks, touches) {
  const label = touches.map((state, index) => `touch ${index + 1} ${TOUCH_STATES[state] ?? state}`).join(", ");
  setAttribute(marks, "aria-label", capital(label));
  setAttribute(marks, "title", capital(label));
  keyed(marks, touches.map((state, index) => ({ state, index })), (entry) => entry.index, () => {
    const root = makeMark();
    return { root, update: (entry) => setMark(root, entry.state) };
  });
}

// --- The outbox ------------------------------------------------------------------------------------------------

const outbox = { scroll: byId("outbox-scroll"), pointed: false, shown: 0 };
outbox.scroll.addEventListener("pointerenter", () => (outbox.pointed = true));
outbox.scroll.addEventListener("pointerleave", () => (outbox.pointed = false));
byId("outbox-newer").addEventListener("click", () => {
  outbox.scroll.scrollTop = 0;
  showMails(false, true);
});

/** Mails arrive several a second: a list that moved under the pointer could not be clicked. */
const isHeld = () =>
  outbox.pointed || outbox.scroll.scrollTop > 8 || outbox.scroll.querySelector(":focus-visible") !== null || letter.isOpen();

function showMails(quietly, now = false) {
  const { mails } = state;
  const newest = mails[0]?.id ?? 0;
  // Lower than what is shown: another demo has begun.
  const restarted = newest < outbox.shown;
  if (now || restarted || outbox.shown === 0 || !isHeld()) outbox.shown = newest;
  const shown = mails.filter((mail) => mail.id <= outbox.shown);
  keyed(byId("mails"), shown, (mail) => mail.id, (mail) => makeMail(mail, { quietly, withName: true }));
  const waiting = mails.length - shown.length;
  const newer = byId("outbox-newer");
  setAttribute(newer, "data-shown", waiting > 0 ? "yes" : "no");
  if (waiting > 0) setText(newer, `Show ${waiting} newer`);
  const sent = sum(state.reminders.sent);
  setText(byId("outbox-count"), mails.length < sent ? `newest ${mails.length}` : `${mails.length}`);
  setHidden(byId("mails-empty"), mails.length > 0);
}

function makeMail(mail, { quietly, withName }) {
  const button = make("button", "", mail.subject);
  button.type = "button";
  if (mail.locale) button.lang = mail.locale;
  button.addEventListener("click", () => letter.open(mail));
  const about = withName ? `to ${personOf(mail)}, touch ${mail.touch}` : `touch ${mail.touch}, ${words(DIAGNOSES, mail.diagnosis).toLowerCase()}`;
  const root = make("li", "mail-row", button, make("div", "under", make("span", "", about), make("span", "", `${dayTime(Date.parse(mail.at))}`)));
  root.addEventListener("animationend", () => root.classList.remove("changed"));
  if (!quietly) glow(root);
  return { root, update() {} };
}

// --- Dialogs -------------------------------------------------------------------------------------------------------

for (const dialog of document.querySelectorAll("dialog")) {
  // A click on the dialog itself, not on the sheet that fills it, is one on the backdrop.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
for (const button of document.querySelectorAll("[data-closes]")) {
  button.addEventListener("click", () => byId(button.dataset.closes).close());
}

function setFacts(list, facts) {
  keyed(list, facts.filter(([, value]) => value), ([term]) => term, ([term]) => {
    const value = make("dd");
    return { root: make("div", "", make("dt", "", term), value), update: ([, text]) => setText(value, text) };
  });
}

/** One mail, as the customer sees it. */
const letter = {
  dialog: byId("mail"),
  isOpen: () => letter.dialog.open,
  open(mail) {
    const at = Date.parse(mail.at);
    const row = state?.journeys.find((journey) => journey.id === mail.journey);
    setText(byId("mail-subject"), mail.subject);
    setText(byId("mail-when"), `${date(at)}, ${time(at)} UTC`);
    setFacts(byId("mail-facts"), [
      ["To", mail.to],
      ["Customer", mail.name],
      ["Touch", String(mail.touch)],
      ["Stopped at", words(DIAGNOSES, mail.diagnosis)],
      ["Language", words(LOCALES, mail.locale)],
      ["Arm", row ? armWords(row.arm) : ""],
    ]);
    const link = byId("mail-journey");
    link.href = `#journey=${encodeURIComponent(mail.journey)}`;
    // A new frame each time: a changed address would be one more step for the browser's Back.
    const screen = byId("mail-screen");
    if (progress === "ended") {
      screen.replaceChildren(make("p", "empty", "The demo has ended; its mails are no longer there to show."));
    } else {
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", "");
      frame.title = `Mail: ${mail.subject}`;
      frame.tabIndex = -1;
      frame.src = `/demo/mails/${encodeURIComponent(mail.id)}`;
      screen.replaceChildren(frame);
    }
    letter.dialog.showModal();
    screen.scrollTop = 0;
  },
};
letter.dialog.addEventListener("close", () => byId("mail-screen").replaceChildren());
byId("mail-journey").addEventListener("click", () => letter.dialog.close());

/** One customer's story. */
const panel = { dialog: byId("panel"), id: null, cameByClick: false, seen: null, asking: false, kept: new Map() };

function idInAddress() {
  const match = /^#journey=([^&]+)$/.exec(location.hash);
  try {
    return match ? decodeURIComponent(match[1]) : null;
  } catch {
    // A damaged address is no customer's.
    return null;
  }
}

function followAddress(byClick) {
  const id = idInAddress();
  if (id === panel.id) return;
  // Only from the bare page does Back lead to a closed panel.
  panel.cameByClick = byClick && panel.id === null;
  panel.id = id;
  panel.seen = null;
  if (id === null) {
    if (panel.dialog.open) panel.dialog.close();
    return;
  }
  const row = state?.journeys.find((journey) => journey.id === id);
  setText(byId("panel-name"), row ? personOf(row) : "Customer");
  setText(byId("panel-who"), row?.reference ?? "");
  const kept = panel.kept.get(id);
  setHidden(byId("panel-content"), !kept);
  setPanelNote(kept ? "" : "One moment …");
  if (kept) showCustomer(kept);
  if (!panel.dialog.open) panel.dialog.showModal();
  byId("panel-body").scrollTop = 0;
  refreshPanel();
}

panel.dialog.addEventListener("close", () => {
  if (panel.id === null) return;
  panel.id = null;
  // Back, if a click here came forward; else (a deep link) only the address is mended.
  if (panel.cameByClick) history.back();
  else history.replaceState(null, "", location.pathname + location.search);
});
addEventListener("hashchange", () => followAddress(true));

function setPanelNote(text) {
  setText(byId("panel-note"), text);
  setHidden(byId("panel-note"), text === "");
}

/** Asks again only when the customer's row says that something has happened. */
async function refreshPanel() {
  const { id } = panel;
  if (id === null || panel.asking) return;
  const row = state?.journeys.find((journey) => journey.id === id);
  const seen = JSON.stringify(row ?? null);
  if (panel.seen === seen) return;
  panel.asking = true;
  try {
    const customer = await ask(`/demo/journeys/${encodeURIComponent(id)}`);
    panel.kept.set(id, customer);
    if (panel.id === id) {
      panel.seen = seen;
      showCustomer(customer);
    }
  } catch (error) {
    if (panel.id === id && !panel.kept.has(id)) {
      setPanelNote(error.status === 404 || error.status === 400
        ? "There is no such customer in this demo."
        : "The demo does not answer, so this customer’s timeline cannot be shown.");
      // What is not there will not come; what did not answer may.
      if (error.status === 404) panel.seen = seen;
    }
  } finally {
    panel.asking = false;
    // Meanwhile another customer may have been chosen.
    if (panel.id !== null && panel.id !== id) refreshPanel();
  }
}

function showCustomer(customer) {
  const { explanation } = customer;
  setHidden(byId("panel-content"), false);
  setPanelNote("");
  setText(byId("panel-name"), personOf(customer));
  setText(byId("panel-who"), [customer.reference, customer.email].filter((text, index, all) => text && all.indexOf(text) === index).join(" · "));
  const pill = byId("panel-phase");
  setText(pill, words(PHASES, explanation.phase));
  setAttribute(pill, "data-tone", explanation.phase);
  setText(byId("panel-summary"), explanation.summary);
  const now = programNow();
  const sign = Date.parse(explanation.last_sign_of_life);
  const due = nextWords(explanation.next, explanation.touches.map((touch) => touch.state));
  const dueAt = explanation.next ? Date.parse(explanation.next.due) : 0;
  setFacts(byId("panel-facts"), [
    ["Provider", words(PROVIDERS, explanation.provider)],
    ["Next due", due ? `${due}, ${dayTime(dueAt)} UTC (${until(dueAt - now)})` : "Nothing more"],
    ["Stopped at", explanation.diagnosis ? words(DIAGNOSES, explanation.diagnosis) : ""],
    ["Last sign of life", `${dayTime(sign)} UTC (${ago(now - sign)})`],
    ["Reached", explanation.milestones.map((milestone) => MILESTONES[milestone] ?? milestone.replaceAll("_", " ")).join(", ")],
    ["Utility", explanation.utility ?? ""],
    ["Way in", words(FLOWS, explanation.flow)],
    ["First reminder", `${armWords(explanation.arm)} (drawn for ${explanation.experiment})`],
    ["E-mail", words(PERMISSIONS, explanation.email)],
    ["Series", explanation.episode > 1 ? `${explanation.episode}: dropped off again after an end` : ""],
  ]);
  showTouches(explanation);
  keyed(byId("panel-mails"), customer.mails, (mail) => mail.id, (mail) => makeMail(mail, { quietly: true, withName: false }));
  setHidden(byId("panel-mails"), customer.mails.length === 0);
  setHidden(byId("panel-mails-empty"), customer.mails.length > 0);
  showTimeline(explanation);
}

function showTouches(explanation) {
  const touches = explanation.touches.map((touch) => ({ ...touch, state: touchState(touch.state, explanation.phase) }));
  keyed(byId("panel-touches"), touches, (touch) => touch.touch, () => {
    const mark = makeMark();
    const text = make("span");
    const under = make("span", "under");
    return {
      root: make("li", "", mark, text, under),
      update(touch) {
        setMark(mark, touch.state);
        setText(text, `Touch ${touch.touch}: ${TOUCH_STATES[touch.state] ?? touch.state}`);
        const at = touch.at ? `${dayTime(Date.parse(touch.at))} UTC` : "";
        setText(under, [at, touch.why ?? ""].filter(Boolean).join(": "));
        setHidden(under, under.textContent === "");
      },
    };
  });
}

const kindOf = (note) => (typeof note === "string" ? note : Object.keys(note ?? {})[0] ?? "");

function showTimeline(explanation) {
  const opened = Date.parse(explanation.opened_at);
  const sign = Date.parse(explanation.last_sign_of_life);
  // Who has finished did not drop off at the last sign of life.
  const since = explanation.phase === "completed" ? "the last sign of life" : "drop-off";
  const items = [];
  const times = new Map();
  let day = null;
  let lastGap = "";
  for (const entry of explanation.timeline) {
    const at = Date.parse(entry.at);
    if (date(at) !== day) {
      day = date(at);
      items.push({ key: `day ${day} ${items.length ? "" : "first"}`, day });
    }
    // The same words may come twice at one time; the history may lose its oldest entries.
    const same = `${entry.at} ${entry.text}`;
    const nth = (times.get(same) ?? 0) + 1;
    times.set(same, nth);
    const gap = at - sign >= MINUTE ? `${span(at - sign)} after ${since}`
      : at - opened >= MINUTE ? `${span(at - opened)} after the beginning` : "";
    const tone = TONES[kindOf(entry.note)] ?? "plain";
    items.push({ key: `${same} ${nth}`, at, text: readable(entry.text), gap: tone === "minor" || gap === lastGap ? "" : gap, tone });
    if (tone !== "minor") lastGap = gap;
  }
  keyed(byId("panel-timeline"), items, (item) => item.key, (item) => {
    if (item.day) return { root: make("li", "day", item.day), update() {} };
    const stamp = make("time", "", time(item.at));
    stamp.dateTime = new Date(item.at).toISOString();
    const gap = make("span", "since");
    const root = make("li", "entry", stamp, make("span", "text", item.text), gap);
    root.dataset.tone = item.tone;
    return {
      root,
      update(fresh) {
        setText(gap, fresh.gap);
        setHidden(gap, fresh.gap === "");
      },
    };
  });
}

// --- Begin -----------------------------------------------------------------------------------------------------------

setInterval(tick, CLOCK_TICK_MS);
followAddress(false);
poll();
