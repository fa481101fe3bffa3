// A canned reply goes where one writes, at the end where one has not begun to, and undoing takes it away. Without this
// the same button brings the page back with the text at the end.
const touched = new WeakSet();
document.addEventListener("focusin", (event) => event.target.matches?.("textarea[name=body]") && touched.add(event.target));

// Typing it, as it were, keeps what undoing knows; where a browser refuses that, the text is set.
function write(area, text) {
  const end = touched.has(area) ? -1 : area.value.length;
  area.focus();
  if (end >= 0) area.setSelectionRange(end, end);
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

async function fetched(button, list) {
  const sent = new URLSearchParams({ canned: list.value, act: button.value });
  sent.set("csrfmiddlewaretoken", button.form.elements.csrfmiddlewaretoken.value);
  const headers = { "X-Requested-With": "fetch" };
  const answer = await fetch(button.formAction, { method: "POST", body: sent, headers, credentials: "same-origin" });
  const isText = answer.headers.get("Content-Type")?.startsWith("text/plain") && !answer.redirected;
  return { text: isText ? await answer.text() : "", isDone: answer.ok };
}

async function insert(button) {
  const form = button.form;
  const list = form.querySelector("[data-canned]");
  const told = form.querySelector("[data-canned-told]");
  const say = (text) => (told.textContent = text);
  if (!list.value) {
    say(told.dataset.none);
    list.focus();
    return;
  }
  const { text, isDone } = await fetched(button, list).catch(() => ({ text: "", isDone: false }));
  if (text && isDone) {
    const area = form.querySelector("textarea[name=body]");
    write(area, !touched.has(area) && area.value.trim() ? `\n\n${text}` : text);
    say(told.dataset.inserted);
  } else say(text || told.dataset.failed);
}

// Before htmx sees the click.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("[data-canned-insert]");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    insert(button);
  },
  true,
);
