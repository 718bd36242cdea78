// Keyboard shortcuts. Every page works without them; the server leaves this
// file out when the reviewer has switched them off.
"use strict";

document.documentElement.classList.add("keys");

const typing = (el) => el instanceof HTMLElement &&
  (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)) && el.type !== "checkbox" && el.type !== "radio";

// step moves the focus to the next or previous of some elements; false if there are none.
function step(selector, by) {
  const all = [...document.querySelectorAll(selector)].filter((el) => el.checkVisibility());
  if (all.length === 0) return false;
  const here = all.indexOf(document.activeElement);
  const to = here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by));
  if (!all[to].matches("a, button")) all[to].tabIndex = -1;
  all[to].focus();
  all[to].scrollIntoView({ block: "center" });
  return true;
}

// press does what an element is for. It waits until the key is done with, so that
// a field that gets the focus does not get the key too.
function press(el) {
  if (!el) return false;
  setTimeout(() => {
    if (el.tagName === "DETAILS") el.open = !el.open;
    else if (el.matches("input, textarea")) el.focus();
    else el.click();
  });
  return true;
}

const keyed = (key) => document.querySelector(`[data-key="${key}"]`);
const bar = document.querySelector("form.decide");
const says = bar?.querySelector(".armed");
let armed = null; // the verdict button that waits for a reason

function arm(button) {
  armed?.classList.remove("waits");
  armed = button;
  armed?.classList.add("waits");
  bar.classList.toggle("asks", armed !== null);
  says.textContent = armed ? armed.firstElementChild.textContent + ": now press the letter of a reason. Esc takes it back."
    : "Keys: the number of a verdict, then the letter of a reason. ? explains both.";
}
if (bar) arm(null);

// reason picks a reason by its letter, and gives the verdict that waits for it.
function reason(letter) {
  const el = bar?.querySelector(`[data-reason="${letter.toUpperCase()}"]`);
  if (!el) return false;
  el.checked = true;
  if (armed) press(armed);
  return true;
}

// verdict presses a verdict button, or asks for the reason first.
function verdict(button) {
  if (!button) return false;
  if (bar.querySelector("[data-reason]:checked") || bar.elements.reason.value.trim()) return press(button);
  arm(button);
  return true;
}

// browse goes on to another row of a list, or to another listing.
function browse(by) {
  if (step("[data-step]", by)) return true;
  if (by > 0) return press(keyed("j"));
  history.back();
  return true;
}

function act(key) {
  if (armed && /^[a-p]$/i.test(key)) return reason(key);
  if (/^[1-6]$/.test(key)) return bar ? verdict(keyed(key)) : press(keyed(key)); // a cluster has a form of its own
  if (/^[A-P]$/.test(key)) return reason(key);
  switch (key) {
    case "j": return browse(1);
    case "k": return browse(-1);
    case ".": return step(".text mark, .title mark", 1);
    case ",": return step(".text mark, .title mark", -1);
    case "g": return press(keyed("c"));
    case "q": case "/": case "?": return press(document.querySelector(`[data-go="${key}"]`));
  }
  return /^[a-z]$/.test(key) && press(keyed(key));
}

document.addEventListener("keydown", (e) => {
  if (e.key === "Escape") {
    if (armed) arm(null);
    else if (typing(e.target)) e.target.blur();
    return;
  }
  if (e.key === "Enter" && armed && e.target === bar.elements.reason && e.target.value.trim()) { press(armed); return; }
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.repeat && !/^[jk.,]$/.test(e.key) || typing(e.target)) return;
  if (act(e.key)) e.preventDefault();
});
