// Staff: tells every 20 seconds that this page is open, while it is seen, and shows who else has it open.
const PERIOD = 20_000;
const WRITES = 40_000;
let typedAt = -WRITES;
let told = "";
let rests = false;

const place = () => document.querySelector("form[data-presence]");
const does = () => (performance.now() - typedAt < WRITES ? "writes" : "reads");

function body(form, what) {
  const data = new FormData(form);
  data.set("does", what);
  return new URLSearchParams(data);
}

async function tell() {
  const form = place();
  if (!form || rests || document.hidden) return;
  told = does();
  try {
    const answer = await fetch(form.action, { method: "POST", body: body(form, told), credentials: "same-origin" });
    // A session that ended, or a ticket that is no longer to be seen: this page rests.
    if (answer.redirected || [401, 403, 404].includes(answer.status)) rests = true;
    show(answer.ok && !answer.redirected ? await answer.text() : "");
  } catch {
    show("");
  }
}

// Drawn again only where something changed: a screen reader says it once.
function show(html) {
  const shown = document.querySelector("[data-present]");
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  if (shown && shown.textContent.trim() !== fresh.content.textContent.trim()) shown.replaceChildren(fresh.content);
}

function leave() {
  const form = place();
  if (form && !rests) navigator.sendBeacon(form.action, body(form, "left"));
}

document.addEventListener("input", (event) => {
  if (!event.target.closest?.(".composer")) return;
  typedAt = performance.now();
  if (told === "reads") tell();
});
document.addEventListener("visibilitychange", () => (document.hidden ? leave() : tell()));
window.addEventListener("pagehide", leave);
setInterval(tell, PERIOD);
tell();

// News that were shown have been seen: a message written on is not held back because of them.
document.addEventListener("htmx:afterSettle", () => {
  const version = new URL(document.querySelector("[data-live]")?.getAttribute("hx-get") || "", location.href).searchParams.get("version");
  if (version) document.querySelectorAll(".composer input[name=seen]").forEach((field) => (field.value = version));
});
