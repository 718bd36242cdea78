// Asks an authenticator, as the form on the page says, and sends its answer with
// that form. Nothing else needs this file.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// options turns what the server wrote into what the browser takes.
function options(json) {
  const o = JSON.parse(json);
  o.challenge = bytes(o.challenge);
  if (o.user) o.user.id = bytes(o.user.id);
  for (const list of [o.allowCredentials, o.excludeCredentials]) {
    for (const c of list ?? []) c.id = bytes(c.id);
  }
  return { publicKey: o };
}

// answer turns what the browser gives into what the server reads.
function answer(made) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[name]) response[name] = text(made.response[name]);
  }
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: made.getClientExtensionResults(), response });
}

const form = document.querySelector("form[data-passkey]");
form?.addEventListener("submit", async (e) => {
  e.preventDefault();
  const say = form.querySelector("[data-status]");
  if (!navigator.credentials) {
    say.textContent = "This browser has no passkeys here: they need https, or localhost.";
    return;
  }
  say.textContent = "Waiting for the passkey …";
  try {
    const made = await navigator.credentials[form.dataset.passkey](options(form.dataset.options));
    form.elements.answer.value = answer(made);
    form.submit();
  } catch (err) {
    say.textContent = err.name === "InvalidStateError" ? "This passkey is registered already." : "No passkey was used. Try again.";
  }
});
