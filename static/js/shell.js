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

// Filters apply as soon as they change.
document.addEventListener("change", (event) => {
  if (event.target.closest("form[data-apply]")) event.target.form.requestSubmit();
});

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
