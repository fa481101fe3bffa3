// Running countdowns: the server writes the first words, this refreshes them every 30 s in the same place.
const PERIOD = 30_000;
const MINUTE = 60, HOUR = 3600, DAY = 86_400;
const words = JSON.parse(document.body.dataset.words || "null");
const served = Date.parse(document.body.dataset.now);
const offset = Number.isNaN(served) ? 0 : served - Date.now();

const fill = (template, key, value) => template.replace(`%(${key})s`, value);

// Two largest units, cut, never rounded up: the same rule as duration_words on the server.
export function span(seconds, units) {
  const total = Math.floor(Math.abs(seconds));
  if (total < MINUTE) return units.moment;
  const days = Math.floor(total / DAY);
  const hours = Math.floor((total % DAY) / HOUR);
  const minutes = Math.floor((total % HOUR) / MINUTE);
  const parts = days ? [["d", days], ["h", hours]] : [["h", hours], ["min", minutes]];
  return parts.filter(([, n]) => n).map(([unit, n]) => fill(units[unit], "n", n)).join(" ");
}

function look(clock, kind, tone, icon) {
  if (clock.classList.contains(`clock--${kind}`)) return;
  clock.classList.remove("clock--running", "clock--soon", "clock--overdue", "tone-blue", "tone-amber", "tone-red");
  clock.classList.add(`clock--${kind}`, `tone-${tone}`);
  const use = clock.querySelector("use");
  if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
}

function refresh(clock, now) {
  const due = Date.parse(clock.dataset.due);
  const text = clock.querySelector(".clock__words");
  if (Number.isNaN(due) || !text) return;
  const left = (due - now) / 1000;
  const template = left < 0 ? words.overdue : words.due;
  text.textContent = left === 0 ? words.now : fill(template, "span", span(left, words.units));
  if (clock.classList.contains("clock--breached")) return;
  if (left < 0) look(clock, "overdue", "red", "alert-triangle");
  else if (now >= Date.parse(clock.dataset.soon)) look(clock, "soon", "amber", "alarm");
}

function refreshAll() {
  const now = Date.now() + offset;
  document.querySelectorAll("[data-clock]").forEach((clock) => refresh(clock, now));
}

if (words) {
  setInterval(refreshAll, PERIOD);
  document.addEventListener("visibilitychange", () => document.hidden || refreshAll());
}
