// Keeps what is being typed: <form data-draft="/drafts/" data-draft-key="case">, state shown in [data-draft-state].
// Sends every text field of the form (no file, no password) two seconds after the last key.
const PAUSE = 2_000;

function typed(form) {
  const data = new FormData();
  data.set("key", form.dataset.draftKey);
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name !== "key") data.append(name, value);
  }
  return data;
}

function say(form, name) {
  const state = form.querySelector("[data-draft-state]");
  if (state) state.textContent = state.dataset[name] || "";
}

async function save(form) {
  try {
    const answer = await fetch(form.dataset.draft, {
      method: "POST",
      body: new URLSearchParams(typed(form)),
      headers: { "X-Requested-With": "fetch" },
      credentials: "same-origin",
    });
    // Kept is 204 and nothing else: a session that ended leads to the sign-in page, which is a 200.
    say(form, answer.status === 204 && !answer.redirected ? "saved" : "failed");
  } catch {
    say(form, "failed");
  }
}

const waiting = new WeakMap();
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (!form) return;
  say(form, "typing");
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => save(form), PAUSE));
});
document.addEventListener("submit", (event) => clearTimeout(waiting.get(event.target)));
