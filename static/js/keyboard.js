// Keys. Those of a text area and of a row in focus always act; single letters only where nobody types, and not at all
// for somebody who switched them off (<body data-keys="off">). What they do also stands on the page as a link or button.
const WAIT = 1_000;
const isOn = () => document.body.dataset.keys === "on";
const rows = () => [...document.querySelectorAll("tr[data-row]")];
const rowOf = (node) => node?.closest?.("tr[data-row]") || null;
const boxOf = (row) => row?.querySelector("input[name=chosen]") || null;

// Ctrl+Enter (or Cmd+Enter) in a text area sends its form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  if (event.target instanceof HTMLTextAreaElement && event.target.form) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

// Up and down go from row to row while a row's link has the focus.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || !event.target.matches?.(".row-link")) return;
  const links = [...document.querySelectorAll(".row-link")];
  const next = links[links.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

// The row that letters act on: the one in focus, else the last one that had it.
let last = "";
const current = () => rowOf(document.activeElement) || document.getElementById(last);
document.addEventListener("focusin", (event) => {
  const row = rowOf(event.target);
  if (row) last = row.id;
});

// A row that was drawn again keeps the focus that it had.
document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement !== document.body || !last) return;
  document.getElementById(last)?.querySelector(".row-link")?.focus({ preventScroll: true });
});

function move(step) {
  const all = rows();
  const at = all.indexOf(current());
  const next = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step];
  next?.querySelector(".row-link")?.focus();
  return all.length > 0;
}

function open(part = "") {
  const link = current()?.querySelector(".row-link");
  if (!link) return false;
  window.location.assign(link.getAttribute("href") + part);
  return true;
}

let anchor = "";
function pick(isRange) {
  const all = rows();
  const row = current();
  const box = boxOf(row);
  if (!box) return false;
  const from = all.findIndex((one) => one.id === anchor);
  if (isRange && from >= 0) {
    const to = all.indexOf(row);
    all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => mark(boxOf(one), true));
  } else mark(box, !box.checked);
  anchor = row.id;
  return true;
}

function mark(box, isChosen) {
  if (!box || box.checked === isChosen) return;
  box.checked = isChosen;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

// A click with Shift chooses from the last chosen row to here.
document.addEventListener("click", (event) => {
  const box = event.target.closest?.("input[name=chosen][form=bulk]");
  if (!box) return;
  const all = rows();
  const row = rowOf(box);
  const from = all.findIndex((one) => one.id === anchor);
  if (event.shiftKey && from >= 0) {
    const to = all.indexOf(row);
    all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => mark(boxOf(one), box.checked));
  }
  anchor = row?.id || "";
});

function take() {
  const bulk = document.getElementById("bulk");
  const several = document.querySelector("input[name=chosen][form=bulk]:checked");
  const button = several
    ? bulk?.querySelector("button[value=take]")
    : current()?.querySelector("[data-key-take]") || document.getElementById("take-send");
  button?.click();
  return Boolean(button);
}

// On a ticket: the tab of the composer and its text; on a row of the queue: the ticket, there.
function write(act) {
  const tab = document.getElementById(`pick-${act}`);
  if (!tab) return rows().length > 0 && open(`#${act}`);
  tab.checked = true;
  tab.dispatchEvent(new Event("change", { bubbles: true }));
  document.querySelector(`.composer__pane--${act} textarea`)?.focus();
  return true;
}

// The list of canned replies of the tab that stands open.
function canned() {
  const list = [...document.querySelectorAll("[data-canned]")].find((one) => one.offsetParent);
  list?.focus();
  return Boolean(list);
}

function search() {
  const field = document.querySelector("[data-key-search]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function help() {
  const dialog = document.getElementById("keys");
  if (dialog && !dialog.open) dialog.showModal();
  return Boolean(dialog);
}

function show() {
  const offer = document.querySelector("[data-show-list], [data-show-news]");
  offer?.click();
  return Boolean(offer);
}

function go(name) {
  const place = document.querySelector(`[data-key-go="${name}"]`);
  if (place) window.location.assign(place.getAttribute("href"));
  return Boolean(place);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  o: () => open(),
  x: () => pick(false),
  X: () => pick(true),
  a: take,
  r: () => write("reply"),
  n: () => write("note"),
  c: canned,
  u: show,
  "/": search,
  "?": help,
};
const PLACES = { q: () => go("queue") };

const types = (node) =>
  node?.isContentEditable || node?.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

let leads = -Infinity;
document.addEventListener("keydown", (event) => {
  if (!isOn() || event.defaultPrevented || event.isComposing || event.repeat && event.key !== "j" && event.key !== "k") return;
  if (event.altKey || event.ctrlKey || event.metaKey || types(event.target) || document.querySelector("dialog[open]")) return;
  const table = event.timeStamp - leads < WAIT ? PLACES : KEYS;
  leads = event.key === "g" ? event.timeStamp : -Infinity;
  if (table[event.key]?.()) event.preventDefault();
});

document.addEventListener("click", (event) => event.target.closest?.("[data-key-help]") && help());

// A ticket opened by r or n in the queue begins where that key leads to.
const wanted = { "#reply": "reply", "#note": "note" }[window.location.hash];
if (wanted && document.getElementById(`pick-${wanted}`)) write(wanted);
