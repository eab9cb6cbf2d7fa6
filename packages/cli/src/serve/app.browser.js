// Runs in the browser. All that it shows was escaped by the server; it puts nothing of its own into markup.
const byId = (id) => document.getElementById(id);
const live = byId("live");
const line = byId("line");

// The token comes behind the "#", which no browser sends anywhere, and is taken out of the address at once.
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem("dgov-token", given);
  history.replaceState(null, "", location.pathname);
}
const token = sessionStorage.getItem("dgov-token") ?? "";

function say(text, bad = false) {
  line.textContent = text;
  line.className = bad ? "bad" : "";
}

const opened = () => new Map([...live.querySelectorAll("details[id][open]")].map((one) => [one.id, one]));

/** How the button or line that has the focus is found again among new ones; null: it is none of them. */
function nameOf(focused) {
  const home = focused && live.contains(focused) ? focused.closest("[id]") : null;
  if (home === null) return null;
  const { verb, ...named } = focused.dataset;
  const within = `#${CSS.escape(home.id)}`;
  if (verb === undefined) return `${within} > summary`;
  const of = Object.entries(named).map(([name, value]) => `[data-${name}="${CSS.escape(value)}"]`);
  return `${within} button[data-verb="${verb}"]${of.join("")}`;
}

/** Lets `change` replace what is shown, and gives the focus and what was scrolled back to what came in its place. */
function keepingPlace(change) {
  const focused = document.activeElement;
  const name = nameOf(focused);
  const scrolled = [...live.querySelectorAll(".wide[id]")].map(({ id, scrollLeft, scrollTop }) => [
    id,
    scrollLeft,
    scrollTop,
  ]);
  change();
  for (const [id, left, top] of scrolled) byId(id)?.scrollTo(left, top);
  if (name !== null) (focused.isConnected ? focused : document.querySelector(name))?.focus({ preventScroll: true });
}

/** Puts a new state in place of the old one. What a reader has opened stays open, and is loaded again where it is another. */
function put(text) {
  const next = new DOMParser().parseFromString(text, "text/html").body;
  for (const [id, old] of opened()) {
    const same = next.querySelector(`#${CSS.escape(id)}`);
    if (!same) continue;
    same.open = true;
    const [from, to] = [old.querySelector(".body"), same.querySelector(".body")];
    if (from && to && from.hasChildNodes()) {
      to.replaceWith(from);
      if (old.dataset.stamp !== same.dataset.stamp) load(same);
    }
  }
  if (!token) for (const button of next.querySelectorAll("button[data-verb]")) button.disabled = true;
  keepingPlace(() => live.replaceChildren(...next.childNodes));
  for (const one of opened().values()) if (!one.querySelector(".body")?.hasChildNodes()) load(one);
  document.title = `${live.querySelectorAll("#problems li").length > 0 ? "● " : ""}${live.querySelector("h1")?.textContent ?? "dgov"}`;
}

async function load(details) {
  const { unit } = details.dataset;
  if (unit === undefined) return;
  const answer = await fetch(`/task?task=${encodeURIComponent(unit)}`);
  const text = await answer.text();
  const body = details.querySelector(".body");
  if (!answer.ok) return body.replaceChildren(JSON.parse(text).error.message);
  const kept = new Set([...body.querySelectorAll("details[open] > summary")].map((one) => one.textContent));
  body.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  for (const one of body.querySelectorAll("details > summary"))
    if (kept.has(one.textContent)) one.parentElement.open = true;
}

let isAsking = false;
let isDue = false;
/** As often as something happens, at most twice a second, and one at a time: an answer that takes long is shown, too. */
function refresh() {
  if (isAsking) {
    isDue = true;
    return;
  }
  isAsking = true;
  setTimeout(async () => {
    isDue = false;
    try {
      const answer = await fetch("/live");
      const text = await answer.text();
      if (answer.ok) put(text);
      else say(JSON.parse(text).error.message, true);
    } catch {
      say("dgov serve does not answer: it has ended, or is about to", true);
    }
    isAsking = false;
    if (isDue) refresh();
  }, 500);
}

const WORDS = {
  answer: "Answer",
  dismiss: "Dismiss",
  cancel: "Cancel",
  reject: "Reject",
  skip: "Skip",
  pause: "Pause",
};

async function ask(verb, task, finding) {
  const dialog = byId("ask");
  const what = finding ? `${finding} of ${task}` : (task ?? "the run");
  byId("what").textContent = `${verb === "cancel" && !task ? "Stop" : WORDS[verb]} ${what}?`;
  byId("why").required = finding !== undefined; // its reviewer hears nothing else
  byId("sure").textContent = verb !== "cancel" ? WORDS[verb] : task ? "Cancel the task" : "Stop";
  byId("why").value = "";
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  return dialog.returnValue === "yes" ? byId("why").value : null;
}

/** Where a wish goes, and as what. */
function wishOf(verb, { task = null, finding }, reason) {
  if (finding !== undefined) return ["/speak", { word: verb, task, finding, reason }];
  if (verb === "unpause") return ["/unpause", {}];
  return verb === "pause" ? ["/pause", { reason }] : ["/steer", { verb, task, reason }];
}

async function change({ verb, ...about }) {
  const { task, finding } = about;
  const reason = verb in WORDS ? await ask(verb, task, finding) : "";
  if (reason === null) return;
  say(`Asking to ${verb} ${task ?? "the run"} …`);
  const [path, body] = wishOf(verb, about, reason);
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) say(`${said.error.message}${said.error.hint ? `. ${said.error.hint}` : ""}`, true);
  else if (said.words) say(said.words);
  else if (said.taken === false) say(`Asked to ${verb} ${task ?? "the run"}; it is done as soon as it can be`);
  else say(`Done: ${verb} ${task ?? "the run"}`);
  refresh();
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-verb]") : null;
  if (button) change(button.dataset).catch(() => say("dgov serve does not answer", true));
});
// A click in the drawing opens what it leads to.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href^='#']") : null;
  const target = link && byId(link.getAttribute("href").slice(1));
  if (target) target.open = true;
});
live.addEventListener(
  "toggle",
  (event) => event.target.open && !event.target.querySelector(".body")?.hasChildNodes() && load(event.target),
  true,
);

const events = new EventSource("/events");
events.onopen = () => {
  say(token ? "" : "To change anything, open the address that dgov serve printed");
  refresh();
};
events.onmessage = refresh;
events.onerror = () => say("dgov serve does not answer: it has ended, or is about to", true);
setInterval(refresh, 5000); // for the clocks
refresh();
