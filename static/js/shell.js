// Small comforts of the page frame. Everything here also works without it, by plain HTML.

// Menus (<details class="menu">) close on Escape and on a click elsewhere.
function closeMenus(except) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => menu !== except && (menu.open = false));
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Paper: the same as the browser's own command.
document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());

// Messages can be put away.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  if (button) button.closest(button.dataset.dismiss).remove();
});

// A form is sent once: a second click while the answer is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.target === "_blank" || event.submitter?.formTarget === "_blank") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// Filters apply as soon as they change. Keys go through the choices one by one, so with keys Enter applies them.
let keyed = null;
document.addEventListener("pointerdown", () => (keyed = null));
document.addEventListener("keydown", (event) => {
  keyed = event.target.matches?.("form[data-apply] select") ? event.target : null;
  if (!keyed || event.key !== "Enter") return;
  event.preventDefault();
  keyed.form.requestSubmit();
});
document.addEventListener("change", (event) => {
  if (event.target.closest("form[data-apply]") && event.target !== keyed) event.target.form.requestSubmit();
});

// An answer that takes away or disables what had the focus leaves the focus there or at what still stands around it.
const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
let around = [];
document.addEventListener("htmx:beforeRequest", () => {
  const chain = [];
  for (let node = document.activeElement; node && node !== document.body; node = node.parentElement) chain.push(node.id);
  if (chain.length) around = chain.filter(Boolean);
});
document.addEventListener("htmx:afterSettle", () => setTimeout(() => {
  if (document.activeElement !== document.body) return;
  const place = around.map((id) => document.getElementById(id)).find((node) => node?.checkVisibility());
  if (!place) return;
  if (!place.matches(FOCUSABLE)) place.tabIndex = -1;
  place.focus({ preventScroll: true });
}));

// A preview shows itself once it has arrived.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.matches?.(".editor__preview")) event.target.hidden = false;
});

// Long lines of code scroll; the keyboard must be able to get there in every browser.
function reachScrollers() {
  document.querySelectorAll(".prose pre").forEach((block) => {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
  });
}
reachScrollers();
document.addEventListener("htmx:afterSettle", reachScrollers);
