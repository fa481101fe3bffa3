// Staff: an @ in a message proposes colleagues. Arrow keys choose, Enter or Tab takes, Escape closes. Without script the
// name is typed in full.
const OPENS = /(?:^|[^\p{L}\p{N}_@.+/-])@([\p{L}\p{N}_.'-]*(?: [\p{L}\p{N}_.'-]*)?)$/u;
const MOST = 6;
let options = null;
let list = null;
let area = null;

const source = () => document.querySelector("form[data-colleagues]");
const rows = () => [...(list?.children || [])];
const chosen = () => rows().find((row) => row.getAttribute("aria-selected") === "true");

async function load(form) {
  const answer = await fetch(form.dataset.colleagues, { credentials: "same-origin" });
  const part = document.createElement("template");
  if (answer.ok && !answer.redirected) part.innerHTML = await answer.text();
  return [...part.content.querySelectorAll("[role=option]")];
}

function close() {
  list?.remove();
  area?.removeAttribute("aria-activedescendant");
  list = null;
}

function open(found, form) {
  close();
  list = document.createElement("ul");
  Object.assign(list, { id: "mentions", className: "menu__panel menu__panel--start mentions" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.offered);
  list.append(...found.map((row) => row.cloneNode(true)));
  rows().forEach((row, number) => (row.id = `mention-${number}`));
  area.setAttribute("aria-controls", list.id);
  area.closest(".field").append(list);
  list.scrollIntoView({ block: "nearest" });
  pick(rows()[0]);
}

function pick(row) {
  rows().forEach((one) => one.setAttribute("aria-selected", String(one === row)));
  area.setAttribute("aria-activedescendant", row.id);
  row.scrollIntoView({ block: "nearest" });
}

const begun = () => OPENS.exec(area.value.slice(0, area.selectionStart));

async function propose() {
  const form = source();
  const found = form && area.selectionStart === area.selectionEnd && begun();
  if (!found) return close();
  const asked = area;
  options ??= load(form);
  const known = await options.catch(() => []);
  if (asked !== area || document.activeElement !== area) return;
  const part = begun()?.[1].toLocaleLowerCase();
  if (part === undefined) return close();
  const fits = known.filter((row) => `${row.dataset.text} ${row.textContent}`.toLocaleLowerCase().split(/\s+/).some((word, at, words) => words.slice(at).join(" ").startsWith(part)));
  fits.length ? open(fits.slice(0, MOST), form) : close();
}

function take(row) {
  const end = area.selectionStart;
  const start = end - begun()[1].length;
  area.setRangeText(`${row.dataset.text} `, start, end, "end");
  close();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", (event) => {
  if (!source() || !event.target.matches?.(".composer textarea")) return;
  area = event.target;
  area.setAttribute("aria-autocomplete", "list");
  propose();
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!list || event.target !== area || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step && !["Enter", "Tab", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const all = rows();
    if (step) pick(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
    else if (event.key === "Escape") close();
    else take(chosen());
  },
  true,
);

document.addEventListener("mousedown", (event) => {
  const row = event.target.closest?.("#mentions [role=option]");
  if (!row) return;
  event.preventDefault();
  take(row);
});
document.addEventListener("focusout", (event) => event.target === area && close());
