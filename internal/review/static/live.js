// What changes while a page is open: numbers in the navigation and on the jobs and
// bundles pages. Every page works without it; the server leaves this file out when the
// person has switched it off.
"use strict";

const said = document.createElement("p");
said.className = "away";
said.setAttribute("role", "status");
said.setAttribute("aria-live", "polite");
document.body.append(said);

// say tells screen readers, at most once in ten seconds.
let last = 0;
function say(text) {
  if (said.textContent === text || Date.now() - last < 10000) return;
  last = Date.now();
  said.textContent = text;
}

// badge puts a number beside a link of the navigation; none for 0.
function badge(href, n, what) {
  const a = document.querySelector(`.top nav a[href="${href}"]`);
  if (!a) return;
  let b = a.querySelector(".badge");
  if (!b) { b = document.createElement("span"); b.className = "badge"; a.append(" ", b); }
  b.textContent = n > 0 ? `${n} ${what}` : "";
  b.hidden = n === 0;
}

// fill sets the text of what shows a number.
function fill(name, value) {
  for (const el of document.querySelectorAll(`[data-live="${name}"]`)) el.textContent = value;
}

const from = new EventSource("/events");
const on = (name, f) => from.addEventListener(name, (e) => f(JSON.parse(e.data)));

on("queue", (q) => {
  badge("/", q.new, "new");
  for (const [level, n] of Object.entries(q.waiting)) fill(`waiting-${level}`, n);
  fill("waiting", q.total);
  if (q.new > 0) say(`${q.new} new to review`);
});
on("crawl", (all) => {
  for (const s of all || []) for (const k of ["queued", "leased", "done", "state"]) fill(`${k} ${s.source}`, s[k]);
});
let bundles = null;
on("bundles", (states) => {
  const now = JSON.stringify(states);
  if (bundles !== null && bundles !== now) for (const el of document.querySelectorAll("[data-changed]")) el.hidden = false;
  bundles = now;
});
on("job", (j) => {
  const el = document.querySelector(`[data-job="${j.id}"]`);
  if (!el) return;
  const bar = el.querySelector("progress");
  if (bar && j.total > 0) { bar.max = j.total; bar.value = j.done; }
  const n = el.querySelector("[data-count]");
  if (n) n.textContent = j.total > 0 ? `${j.done} of ${j.total}` : j.done > 0 ? `${j.done}` : "";
  if (el.dataset.state === j.state) return;
  say(`The job is ${j.state}`);
  location.reload(); // what came of it is the server's to say
});
on("end", () => from.close());
