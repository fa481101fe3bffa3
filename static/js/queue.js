// The queue while it stays open: what is chosen, and whether the list is still fresh. Nothing moves by itself.
const PERIOD = 25_000;
const GONE = new Set([401, 403, 404]);
let gone = false;

const boxes = () => [...document.querySelectorAll("input[name=chosen]")];
const chosen = () => boxes().filter((box) => box.checked);
const reference = (value) => value.split(":")[0];

function tell() {
  const number = chosen().length;
  const words = document.querySelector("[data-bulk] [data-picked][data-none]");
  if (words) {
    const text = number === 1 ? words.dataset.one : number ? words.dataset.many.replace("%(n)s", number) : words.dataset.none;
    if (words.textContent !== text) words.textContent = text;
    document.querySelectorAll("#bulk button[name=act]").forEach((button) => button.toggleAttribute("disabled", !number));
  }
  const all = document.querySelector("[data-pick-all]");
  if (!all) return;
  all.checked = number > 0 && number === boxes().length;
  all.indeterminate = number > 0 && !all.checked;
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-pick-all]")) boxes().forEach((box) => (box.checked = event.target.checked));
  if (event.target.matches?.("[data-pick-all], input[name=chosen]")) tell();
});

// A hundred tickets take a moment: say so where the reader looks.
document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("[data-bulk]");
  const words = form?.querySelector("[data-picked]");
  if (words) words.textContent = words.dataset.working.replace("%(n)s", chosen().length);
});
window.addEventListener("pageshow", tell);

// Asks now and then whether the page is fresh, only while it is seen. The answer is an offer.
async function look() {
  const live = document.querySelector("[data-live-list]");
  if (gone || !live || document.hidden) return;
  const seen = [...document.querySelectorAll("tr[data-row]")].map((row) => row.dataset.row).join(",");
  const address = new URL(live.dataset.liveList, window.location.href);
  address.searchParams.set("seen", seen);
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    gone = GONE.has(answer.status);
    if (answer.status === 204) live.replaceChildren();
    if (answer.status !== 200 || answer.redirected) return;
    const text = await answer.text();
    const parsed = new DOMParser().parseFromString(text, "text/html").querySelector("[data-show-list]");
    if (!parsed || parsed.textContent === live.textContent) return;
    live.replaceChildren(parsed);
    window.htmx?.process(live);
  } catch {
    // Not reachable for a moment: the page stays as it is, and asks again.
  }
}

// Showing what is new keeps what was chosen, and the row that had the focus.
let kept = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "queue-list") return;
  const row = document.activeElement?.closest?.("tr[data-row]");
  kept = { chosen: new Set(chosen().map((box) => reference(box.value))), row: row?.id || "", top: row?.getBoundingClientRect().top };
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "queue-list" && kept) restore();
  if (event.target.closest?.("#queue-list")) tell();
});

function restore() {
  boxes().forEach((box) => (box.checked = kept.chosen.has(reference(box.value))));
  const row = document.getElementById(kept.row);
  const link = row?.querySelector(".row-link");
  if (link) {
    link.focus({ preventScroll: true });
    window.scrollBy(0, row.getBoundingClientRect().top - kept.top);
  } else document.querySelector(".row-link")?.focus({ preventScroll: true });
  kept = null;
  document.body.dispatchEvent(new CustomEvent("queue-news"));
  tell();
}

if (document.querySelector("[data-live-list]")) {
  setInterval(look, PERIOD);
  document.addEventListener("visibilitychange", look);
}
tell();
