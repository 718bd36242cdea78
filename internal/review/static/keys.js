// Keyboard shortcuts. Every page works without them; the server leaves this
// file out when the reviewer has switched them off.
"use strict";

document.documentElement.classList.add("keys");

const typing = (el) => el instanceof HTMLElement &&
  (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName)) && el.type !== "checkbox";

// step moves the focus to the next or previous row, or mark in the text.
function step(by) {
  const all = [...document.querySelectorAll("[data-step], .text mark, .title mark")]
    .filter((el) => el.checkVisibility());
  if (all.length === 0) return;
  const here = all.indexOf(document.activeElement);
  const to = here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by));
  if (!all[to].matches("a, button")) all[to].tabIndex = -1;
  all[to].focus();
  all[to].scrollIntoView({ block: "center" });
}

// press does what the element with this key is for. It waits until the key is
// done with, so that a field that gets the focus does not get the key too.
function press(key) {
  const el = document.querySelector(`[data-key="${key}"]`);
  if (!el) return false;
  setTimeout(() => {
    if (el.tagName === "DETAILS") el.open = !el.open;
    else if (el.tagName === "INPUT") el.focus();
    else el.click();
  });
  return true;
}

document.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && typing(e.target)) { e.target.blur(); return; }
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.repeat && !/^[jk]$/.test(e.key) || typing(e.target)) return;
  switch (e.key) {
    case "j": step(1); break;
    case "k": step(-1); break;
    case "q": location.assign("/"); break;
    case "?": location.assign("/help"); break;
    default: if (!/^[1-6nrt]$/.test(e.key) || !press(e.key)) return;
  }
  e.preventDefault();
});
