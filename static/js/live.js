// Asks now and then whether the other side wrote, only while the page is seen; the answer offers, it never replaces.
const PERIOD = 25_000;
const GONE = new Set([401, 403, 404]);
const PARTS = ["#ticket-turn", "#ticket-composer", "#ticket-actions", "#ticket-contests", "#ticket-plan"];
// While somebody writes a contest, what the other side contested is drawn again all the same.
const WITHIN = { "#ticket-contests": "#contest-list" };
let gone = false;

function look() {
  const live = document.querySelector("[data-live]");
  if (gone || !live || live.firstElementChild || document.hidden || !window.htmx) return;
  window.htmx.trigger(live, "look");
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.matches?.("[data-live]") && GONE.has(event.detail.xhr?.status)) gone = true;
});

const touched = (field) =>
  field.tagName === "SELECT"
    ? [...field.options].some((option) => option.selected !== option.defaultSelected && (option.defaultSelected || option.value))
    : field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.type !== "hidden" && field.value !== field.defaultValue;

// A part with a form is drawn again only while nobody has begun anything in it.
function isFree(part) {
  if (!part || part.contains(document.activeElement)) return false;
  return ![...part.querySelectorAll("input, textarea, select")].some(touched);
}

document.addEventListener("htmx:confirm", (event) => {
  const offer = event.target.closest?.("[data-show-news]");
  if (!offer) return;
  const free = PARTS.map((part) => (isFree(document.querySelector(part)) ? part : WITHIN[part])).filter((part) =>
    isFree(document.querySelector(part)),
  );
  offer.setAttribute("hx-select-oob", [offer.getAttribute("hx-select-oob"), ...free].join(","));
  document.addEventListener("htmx:afterSettle", () => document.getElementById("conversation-title")?.focus(), { once: true });
});

setInterval(look, PERIOD);
document.addEventListener("visibilitychange", look);
